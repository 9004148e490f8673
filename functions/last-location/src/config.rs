//! What the function is told by its environment.

use lambda_boot::{InvalidEnvironment, Variables};

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The event log's table.
    pub events_table: String,
    /// Which build this is, for `GET /v1/health`.
    pub build_version: String,
}

impl Config {
    /// From the process's environment, complete or not at all.
    pub fn from_env() -> Result<Self, InvalidEnvironment> {
        let lookup = |name: &str| std::env::var(name).ok();
        let mut variables = Variables::new(&lookup);
        let config = Self::read(&mut variables);
        variables.finish(config)
    }

    fn read(variables: &mut Variables<'_>) -> Self {
        Self { events_table: variables.required("EVENTS_TABLE"), build_version: variables.required("BUILD_VERSION") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_construct_sets() {
        let lookup = |_: &str| None;
        let mut variables = Variables::new(&lookup);
        Config::read(&mut variables);
        variables.assert_listed_in(include_str!("../environment.json"));
    }
}
