//! The contract over HTTP: the real server on a real file, with clients that know nothing but
//! the contract.

mod problems;
mod requests;
mod rights;
mod support;
