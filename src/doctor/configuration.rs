//! Whether what was given by flags and environment goes together, as the server asks when it starts.

use server::Config;

use super::finding::Finding;

const CHECK: &str = "configuration";

pub fn look(config: &Result<Config, String>) -> Finding {
    match config {
        Ok(_) => Finding::ok(CHECK, "the flags and the environment go together"),
        Err(error) => Finding::fail(CHECK, error).advise("the server does not start so: change it"),
    }
}
