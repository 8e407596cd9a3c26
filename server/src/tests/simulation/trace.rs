//! The trace of a run: what tells two runs apart, and what is told of one that fails.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many of the last steps are told when something is wrong.
const TOLD: usize = 80;

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulation {
    /// One server on its disk.
    OneServer,
    /// Several on one database.
    Nodes,
}

/// Where what is simulated and the model do not agree.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    pub simulation: Simulation,
    pub seed: u64,
    pub step: u64,
    pub sentence: String,
    last: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.last {
            writeln!(f, "    {step}")?;
        }
        let Self { seed, step, sentence, .. } = self;
        writeln!(f, "seed {seed}, step {step}: {sentence}")?;
        let which = match self.simulation {
            Simulation::OneServer => " --one-server",
            Simulation::Nodes => " --nodes",
        };
        write!(f, "again: cargo xtask simulate{which} --from {seed} --seeds 1 --steps {step}")
    }
}

#[derive(Default)]
pub struct Trace {
    hash: DefaultHasher,
    last: VecDeque<String>,
}

impl Trace {
    pub fn note(&mut self, number: u64, step: fmt::Arguments<'_>) {
        let step = format!("{number} {step}");
        step.hash(&mut self.hash);
        if self.last.len() == TOLD {
            self.last.pop_front();
        }
        self.last.push_back(step);
    }

    /// A hash of everything that happened.
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }

    /// What is told of a run that ended so.
    pub fn broken(self, simulation: Simulation, seed: u64, step: u64, sentence: String) -> Broken {
        Broken { simulation, seed, step, sentence, last: self.last.into() }
    }
}
