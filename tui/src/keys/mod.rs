//! The keys: a table as data, from which keys are looked up and the help, the README and
//! the configuration's checks are made. Knows nothing of what an action does.

mod action;
mod map;
mod name;
mod table;

pub use action::Action;
pub use map::{BadKey, Found, Keys};
pub(crate) use name::code;
pub use name::name;
pub use table::{Binding, Context, TABLE};

/// The table as it is shipped, as Markdown, for the README.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::new();
    for context in Context::ALL {
        text.push_str(&format!(
            "| {} | | `[keys.{}]` |\n| --- | --- | --- |\n",
            context.says(),
            context.name()
        ));
        for binding in TABLE.iter().filter(|one| one.context == context) {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
            text.push_str(&format!(
                "| {} | {} | `{}` |\n",
                keys.join(" "),
                binding.says,
                binding.action.name()
            ));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
