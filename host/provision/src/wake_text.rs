//! What an agent is told when it is woken.

use crate::options::Action;

/// The wake-up call. BOOTSTRAP.md is named before AGENTS.md: it is to be read first.
#[must_use]
pub fn wake_text(name: &str, action: Action) -> String {
    let done = match action {
        Action::Provision => "provisioned",
        Action::Update => "updated",
    };
    format!(
        "Hello {name}. Your workspace has been {done}.\n\n\
         If BOOTSTRAP.md is among your files and not empty, follow it first. Then read AGENTS.md.\n\
         Begin heartbeats after startup."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bootstrap_comes_before_agents() {
        for (action, word) in [
            (Action::Provision, "provisioned"),
            (Action::Update, "updated"),
        ] {
            let text = wake_text("Iris", action);
            assert!(text.starts_with(&format!("Hello Iris. Your workspace has been {word}.")));
            assert!(text.find("BOOTSTRAP.md") < text.find("AGENTS.md"), "{text}");
        }
    }
}
