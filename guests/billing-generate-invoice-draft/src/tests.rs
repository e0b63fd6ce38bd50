use super::*;
use dispatch_sdk::scene::{NOTHING, Scene};
use dispatch_sdk::{Input, Proposal, SettingValue};

fn line(description: &str, quantity: u32, unit_amount_cents: i64) -> LineItem {
    LineItem {
        description: description.to_owned(),
        quantity,
        unit_amount_cents,
    }
}

fn drafting(line_items: Vec<LineItem>, tax_basis_points: u32) -> Scene {
    let invoice = Invoice {
        line_items,
        tax_basis_points,
    };
    let input = Input::BillingGenerateInvoiceDraft(invoice);
    Scene::new(State::CloseoutPending, input)
}

fn found(line_items: Vec<LineItem>, tax_basis_points: u32) -> Vec<String> {
    drafting(line_items, tax_basis_points).validate::<BillingGenerateInvoiceDraft>()
}

#[test]
fn closeout_drafts_once_the_work_is_done() {
    let scene = drafting(vec![line("labour", 2, 9_500)], 825);
    scene.assert_open_to::<BillingGenerateInvoiceDraft>(BillingGenerateInvoiceDraft::ROLES);
    scene.assert_legal_in::<BillingGenerateInvoiceDraft>(&[State::CloseoutPending]);
    assert_eq!(
        scene.transition::<BillingGenerateInvoiceDraft>(),
        Proposal::stay()
    );
}

#[test]
fn the_limits_themselves_are_inside() {
    let lines = vec![
        line("gate", 9_999, 10_000_000),
        line("credit", 1, -10_000_000),
    ];
    assert_eq!(found(lines, 3_000), NOTHING);
    assert_eq!(found(Vec::new(), 0), NOTHING);
}

#[test]
fn every_bad_line_is_named_by_its_place() {
    let lines = vec![
        line("labour", 1, 9_500),
        line(" ", 0, 1),
        line("door", 10_000, 10_000_001),
    ];
    assert_eq!(
        found(lines, 3_001),
        [
            "/line_items/1/description blank",
            "/line_items/1/quantity quantity_out_of_range",
            "/line_items/2/quantity quantity_out_of_range",
            "/line_items/2/unit_amount_cents unit_amount_out_of_range",
            "/tax_basis_points tax_too_high",
        ]
    );
}

#[test]
fn a_draft_is_never_below_zero() {
    let lines = vec![line("labour", 1, 100), line("credit", 2, -51)];
    assert_eq!(found(lines, 0), ["/line_items negative_total"]);
    let absurd = vec![line("credit", u32::MAX, i64::MIN); 2];
    assert!(found(absurd, 0).contains(&"/line_items negative_total".to_owned()));
}

#[test]
fn a_pack_narrows_but_never_widens() {
    let narrow = drafting(Vec::new(), 1_001)
        .setting("max_tax_basis_points", SettingValue::Integer(1_000))
        .setting("lines_required", SettingValue::Boolean(true));
    assert_eq!(
        narrow.validate::<BillingGenerateInvoiceDraft>(),
        ["/line_items no_lines", "/tax_basis_points tax_too_high"]
    );
    let wide =
        drafting(Vec::new(), 0).setting("max_tax_basis_points", SettingValue::Integer(3_001));
    assert_eq!(
        wide.check_settings::<BillingGenerateInvoiceDraft>(),
        ["max_tax_basis_points out_of_range"]
    );
}
