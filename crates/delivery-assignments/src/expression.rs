//! Update expressions. Every name goes through a placeholder: a third of ours are `DynamoDB`'s reserved words.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use table_item::Item;

/// `SET … REMOVE …`, with its placeholders.
#[derive(Debug, Default)]
pub(crate) struct UpdateExpression {
    set: Vec<String>,
    remove: Vec<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Item,
}

impl UpdateExpression {
    /// Gives an attribute a value.
    pub(crate) fn set(&mut self, name: &str, value: AttributeValue) {
        let operand = self.value(name, value);
        self.set_to(name, &operand);
    }

    /// Gives an attribute a value, or takes it away: what was there before must not stay.
    pub(crate) fn set_or_remove(&mut self, name: &str, value: Option<AttributeValue>) {
        if let Some(value) = value {
            self.set(name, value);
        } else {
            let name = self.name(name);
            self.remove.push(name);
        }
    }

    /// Gives an attribute what an operand says.
    pub(crate) fn set_to(&mut self, name: &str, operand: &str) {
        let name = self.name(name);
        self.set.push(format!("{name} = {operand}"));
    }

    /// The placeholder of an attribute's name.
    pub(crate) fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    pub(crate) fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{name}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// The expression's text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("SET {}", self.set.join(", "));
        if !self.remove.is_empty() {
            text.push_str(" REMOVE ");
            text.push_str(&self.remove.join(", "));
        }
        text
    }
}
