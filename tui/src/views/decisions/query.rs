//! What of a filter the host looks for, over all decisions: whole ids, tools and codes, and
//! the verdict. What else is typed leaves out of the rows held.

use dispatch_contract::reading::DecisionFilter;
use dispatch_contract::{Code, Tool};

/// What is the host's, and the rest of the text.
pub(super) fn parse(text: &str) -> (DecisionFilter, String) {
    let mut filter = DecisionFilter::default();
    let mut rest = Vec::new();
    for word in text.split_whitespace() {
        let (name, value) = word.split_once(':').unwrap_or(("", word));
        let taken = match name {
            "ticket" => {
                let id = value.to_uppercase().parse().ok();
                filter.ticket_id = id.or(filter.ticket_id);
                id.is_some()
            }
            "tool" => {
                let tool = value.parse::<Tool>().ok();
                filter.tool = tool.map(|tool| tool.name().to_owned()).or(filter.tool);
                tool.is_some()
            }
            "code" => {
                let code = Code::ALL.into_iter().find(|code| code.name() == value);
                filter.code = code.or(filter.code);
                code.is_some()
            }
            "verdict" => {
                let allowed = match value {
                    "allow" => Some(true),
                    "deny" => Some(false),
                    _ => None,
                };
                filter.allowed = allowed.or(filter.allowed);
                allowed.is_some()
            }
            _ => false,
        };
        if !taken {
            rest.push(word);
        }
    }
    (filter, rest.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    #[test]
    fn whole_words_are_the_hosts_and_the_rest_stays() {
        let text = format!(
            "tool:schedule.confirm ticket:{} code:gate_blocked verdict:deny !code:x tool:eta",
            id(1).to_string().to_lowercase()
        );
        let (filter, rest) = parse(&text);
        let expected = DecisionFilter {
            ticket_id: Some(id(1)),
            tool: Some("schedule.confirm".into()),
            allowed: Some(false),
            code: Some(Code::GateBlocked),
            ..DecisionFilter::default()
        };
        assert_eq!((filter, rest.as_str()), (expected, "!code:x tool:eta"));
    }
}
