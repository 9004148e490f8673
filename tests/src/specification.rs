//! The read edge's specification, to check answers against.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Answer;

/// `docs/api/openapi.yaml`.
#[derive(Debug)]
pub struct Specification(Value);

impl Specification {
    /// The specification.
    pub fn read() -> Self {
        Self(serde_saphyr::from_str(include_str!("../../docs/api/openapi.yaml")).expect("the specification is YAML"))
    }

    /// Asserts that an answer has the media type and the schema of its route and status, and no field that
    /// the schema does not name.
    pub fn check(&self, method: &str, route: &str, status: u16, answer: &Answer) {
        let response = &self.0["paths"][route][method]["responses"][status.to_string()];
        let content = &self.resolved(response)["content"];
        let media_type = answer.media_type.split(';').next().unwrap_or_default();
        let reference = content[media_type]["schema"]["$ref"].as_str();
        let name = reference.and_then(|reference| reference.strip_prefix("#/components/schemas/"));
        let name = name.unwrap_or_else(|| panic!("{method} {route} {status} has no schema for {media_type}"));
        let mut components = self.0["components"].clone();
        close(&mut components);
        let schema = json!({"$ref": format!("#/components/schemas/{name}"), "components": components});
        let validator: Validator = jsonschema::draft4::new(&schema).expect("the schema is one");
        let errors: Vec<_> = validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {route} {status}: {errors:?} in {}", answer.body);
    }
}

impl Specification {
    /// The component that is referred to, or the value itself.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.map_or(value, |pointer| self.0.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is nowhere")))
    }
}

/// Closes every object of a schema, so that an undocumented field is a fault.
fn close(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        if fields.get("properties").is_some_and(Value::is_object) && fields.get("type") == Some(&json!("object")) {
            fields.entry("additionalProperties").or_insert(json!(false));
        }
        fields.values_mut().for_each(close);
    }
}
