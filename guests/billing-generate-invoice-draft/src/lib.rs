//! `billing.generate_invoice_draft` puts work and parts into money. Credits may
//! be lines, a draft below zero may not be.

use dispatch_sdk::{Case, Invoice, Key, LineItem, Role, Rule, State, Violations};
use dispatch_sdk::{export_rule, item_path, tools};

/// The largest quantity of one line.
const MAX_QUANTITY: Key = Key::integer("max_quantity", 9_999, 1, 9_999);
/// The largest price of one unit, and the largest credit, in cents.
const MAX_UNIT_CENTS: Key = Key::integer("max_unit_amount_cents", 10_000_000, 1, 10_000_000);
/// The highest tax, in hundredths of a percent.
const MAX_TAX: Key = Key::integer("max_tax_basis_points", 3_000, 0, 3_000);
/// A draft has one line at least.
const LINES_REQUIRED: Key = Key::boolean("lines_required", false);

/// The rules of `billing.generate_invoice_draft`.
#[derive(Debug)]
pub struct BillingGenerateInvoiceDraft;

impl Rule for BillingGenerateInvoiceDraft {
    type Tool = tools::BillingGenerateInvoiceDraft;
    const ROLES: &'static [Role] = &[Role::SystemCloseoutAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::CloseoutPending];
    const SETTINGS: &'static [Key] = &[MAX_QUANTITY, MAX_UNIT_CENTS, MAX_TAX, LINES_REQUIRED];

    fn validate(case: &Case<'_, Invoice>) -> Violations {
        let Invoice {
            line_items,
            tax_basis_points,
        } = case.input;
        let mut found = Violations::none();
        found.require(
            !line_items.is_empty() || !case.settings.boolean(&LINES_REQUIRED),
            "/line_items",
            "no_lines",
            "give one line at least",
        );
        for (index, line) in line_items.iter().enumerate() {
            check_line(&mut found, case, line, index);
        }
        let total = line_items.iter().fold(0_i64, |total, line| {
            let amount = i64::from(line.quantity).saturating_mul(line.unit_amount_cents);
            total.saturating_add(amount)
        });
        found.require(
            total >= 0,
            "/line_items",
            "negative_total",
            "credit no more than is charged",
        );
        found.require(
            i64::from(*tax_basis_points) <= case.settings.integer(&MAX_TAX),
            "/tax_basis_points",
            "tax_too_high",
            "give hundredths of a percent, 825 for 8.25 %",
        );
        found
    }
}

fn check_line(found: &mut Violations, case: &Case<'_, Invoice>, line: &LineItem, index: usize) {
    let path = |field| item_path("/line_items", index, field);
    found.require_text(&line.description, &path("/description"));
    found.require(
        (1..=case.settings.integer(&MAX_QUANTITY)).contains(&i64::from(line.quantity)),
        &path("/quantity"),
        "quantity_out_of_range",
        "give a quantity of 1 or more, within the pack's limit",
    );
    let limit = case.settings.integer(&MAX_UNIT_CENTS);
    found.require(
        (-limit..=limit).contains(&line.unit_amount_cents),
        &path("/unit_amount_cents"),
        "unit_amount_out_of_range",
        "give integer cents within the pack's limit; a credit is negative",
    );
}

export_rule!(BillingGenerateInvoiceDraft);

#[cfg(test)]
mod tests;
