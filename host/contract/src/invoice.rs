//! The arithmetic of an invoice draft: integer cents, tax rounded half away from zero.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::{BillingGenerateInvoiceDraft, LineItem};
use crate::ticket::Money;

/// A line with its amount.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceLine {
    /// Part or labour.
    pub description: String,
    /// How many.
    pub quantity: u32,
    /// Price of one, in cents.
    pub unit_amount_cents: i64,
    /// Quantity times price, in cents.
    pub amount_cents: i64,
}

/// An invoice draft: what it says, before anybody sends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceDraft {
    /// The lines.
    pub lines: Vec<InvoiceLine>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// Hundredths of a percent.
    pub tax_basis_points: u32,
    /// Tax on the subtotal.
    pub tax: Money,
    /// Subtotal and tax.
    pub total: Money,
}

impl InvoiceDraft {
    /// Work a draft out. Cannot overflow: 100 lines of at most 9,999 times 10^7 cents.
    #[must_use]
    pub fn of(input: &BillingGenerateInvoiceDraft) -> Self {
        let lines: Vec<InvoiceLine> = input
            .line_items
            .iter()
            .flatten()
            .map(
                |LineItem {
                     description,
                     quantity,
                     unit_amount_cents,
                 }| InvoiceLine {
                    description: description.clone(),
                    quantity: *quantity,
                    unit_amount_cents: *unit_amount_cents,
                    amount_cents: i64::from(*quantity) * unit_amount_cents,
                },
            )
            .collect();
        let subtotal: i64 = lines.iter().map(|line| line.amount_cents).sum();
        let points = input.tax_basis_points.unwrap_or(0);
        let raw = subtotal * i64::from(points);
        let tax = (raw + 5_000 * raw.signum()) / 10_000;
        Self {
            lines,
            subtotal: Money::usd(subtotal),
            tax_basis_points: points,
            tax: Money::usd(tax),
            total: Money::usd(subtotal + tax),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(lines: &[(u32, i64)], points: u32) -> (i64, i64, i64) {
        let draft = InvoiceDraft::of(&BillingGenerateInvoiceDraft {
            line_items: Some(
                lines
                    .iter()
                    .map(|(quantity, unit)| LineItem {
                        description: "x".into(),
                        quantity: *quantity,
                        unit_amount_cents: *unit,
                    })
                    .collect(),
            ),
            tax_basis_points: Some(points),
        });
        (
            draft.subtotal.amount_cents,
            draft.tax.amount_cents,
            draft.total.amount_cents,
        )
    }

    #[test]
    fn tax_rounds_half_away_from_zero() {
        assert_eq!(
            draft(&[(2, 12_500), (1, 4_999)], 825),
            (29_999, 2_475, 32_474)
        );
        assert_eq!(draft(&[(1, 200)], 25), (200, 1, 201)); // 0.5 cents
        assert_eq!(draft(&[(1, -200)], 25), (-200, -1, -201));
        assert_eq!(draft(&[], 825), (0, 0, 0));
    }
}
