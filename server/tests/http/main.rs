//! The contract over HTTP: the real server on a real file, with clients that know nothing but
//! the contract.

mod admin;
mod alike;
mod asking;
mod calls;
mod classroom;
mod cluster;
mod cross_site;
mod deletion;
mod devices;
mod events;
mod idempotency;
mod integrations;
mod life;
mod limits;
mod metrics;
mod moving;
mod names;
mod other_sites;
mod overload;
mod performing;
mod postgres;
mod probe;
mod problems;
mod programs;
mod races;
mod requests;
mod restart;
mod resume;
mod rights;
mod storm;
mod support;
mod turns;
mod voice;
