//! Reading a function's environment: all of it, once, at the start.

use std::str::FromStr;

/// What is wrong with the environment, every fault of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function's environment is incomplete: {}", .0.join("; "))]
pub struct InvalidEnvironment(Vec<String>);

/// Reads variables, remembering which were asked for and which were at fault.
pub struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    required: Vec<&'static str>,
    optional: Vec<&'static str>,
    faults: Vec<String>,
}

impl<'a> Variables<'a> {
    /// What `read` makes of the process's environment, complete or not at all.
    pub fn from_env<T>(read: impl FnOnce(&mut Variables<'_>) -> T) -> Result<T, InvalidEnvironment> {
        let lookup = |name: &str| std::env::var(name).ok();
        let mut variables = Variables::new(&lookup);
        let config = read(&mut variables);
        variables.finish(config)
    }

    /// Reads from `lookup`; an empty value is an absent one.
    fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, required: Vec::new(), optional: Vec::new(), faults: Vec::new() }
    }

    /// A text that must be there.
    pub fn required(&mut self, name: &'static str) -> String {
        self.required.push(name);
        self.get(name).unwrap_or_else(|| {
            self.faults.push(format!("{name} is missing"));
            String::new()
        })
    }

    /// A text that may be absent.
    pub fn optional(&mut self, name: &'static str) -> Option<String> {
        self.optional.push(name);
        self.get(name)
    }

    /// A value that must be there and parse; `accepted` says what does.
    pub fn parsed<T: FromStr + Default>(&mut self, name: &'static str, accepted: &str) -> T {
        let text = self.required(name);
        if text.is_empty() {
            return T::default();
        }
        text.parse().unwrap_or_else(|_| {
            self.faults.push(format!("{name} is {text:?}; accepted is {accepted}"));
            T::default()
        })
    }

    /// `Err` with every fault that came up.
    fn finish<T>(self, config: T) -> Result<T, InvalidEnvironment> {
        if self.faults.is_empty() { Ok(config) } else { Err(InvalidEnvironment(self.faults)) }
    }

    /// For tests: panics unless the names that `read` asks for are those that `environment_json`, a
    /// function's `environment.json`, lists. The CDK app sets exactly that file's variables.
    ///
    /// # Panics
    /// Where the two differ, or the file is none.
    #[expect(clippy::expect_used, reason = "an assertion of tests")]
    pub fn assert_listed<T>(read: impl FnOnce(&mut Variables<'_>) -> T, environment_json: &str) {
        let lookup = |_: &str| None;
        let mut variables = Variables::new(&lookup);
        read(&mut variables);
        let listed: serde_json::Value = serde_json::from_str(environment_json).expect("environment.json is JSON");
        for (names, list) in [(&mut variables.required, "required"), (&mut variables.optional, "optional")] {
            names.sort_unstable();
            assert_eq!(serde_json::json!(names), listed[list], "{list} variables (left: read, right: listed)");
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &mut Variables<'_>) -> u32 {
        variables.required("TABLE");
        variables.optional("EXTRA");
        variables.parsed("DAYS", "a number of days")
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let lookup = |name: &str| (name == "DAYS").then(|| "soon".to_owned());
        let mut variables = Variables::new(&lookup);
        let config = read(&mut variables);
        let error = variables.finish(config).unwrap_err().to_string();
        assert!(error.contains("TABLE is missing; DAYS is \"soon\"; accepted is a number of days"), "{error}");
    }

    #[test]
    fn the_names_that_are_read_are_those_listed() {
        Variables::assert_listed(read, r#"{"required":["DAYS","TABLE"],"optional":["EXTRA"]}"#);
    }
}
