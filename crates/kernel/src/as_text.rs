//! Values that travel as text: one macro gives `FromStr`, serde and the JSON schema of a parsed type.

/// Implements `FromStr`, `Serialize`, `Deserialize` and `JsonSchema` (a string) for a type that has
/// `parse(&str) -> Result<Self, $flaw>` and `Display`.
macro_rules! travels_as_text {
    ($type:ident, $flaw:ty, $description:literal) => {
        impl std::str::FromStr for $type {
            type Err = $flaw;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                Self::parse(raw)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&raw).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}

pub(crate) use travels_as_text;
