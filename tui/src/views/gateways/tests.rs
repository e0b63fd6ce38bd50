use dispatch_contract::gateway::GatewayStatus;
use serde_json::json;

use super::*;
use crate::testing::{at, event, gateway, health, id, world};

fn g(n: u128) -> GatewayId {
    GatewayId(id(n).0)
}

fn area() -> Rect {
    Rect::new(0, 0, 120, 30)
}

/// Answers what it asks for, of gateways that are all well, until it asks for no more.
fn answer(view: &mut Gateways, world: &World, count: u128) -> Vec<Ask> {
    let mut asked = Vec::new();
    loop {
        view.settle(area(), world);
        let asks = view.wants(world, 16);
        if asks.is_empty() {
            return asked;
        }
        for ask in asks {
            let got = match &ask {
                Ask::Gateways(_) => Got::Gateways(dispatch_contract::reading::Page {
                    items: (1..=count).map(gateway).collect(),
                    next_cursor: None,
                }),
                Ask::GatewayHealths => Got::GatewayHealths(
                    (1..=count)
                        .map(|n| health(n, GatewayStatus::Online))
                        .collect(),
                ),
                Ask::GatewayHealth(id) => {
                    Got::GatewayHealth(Box::new(health(id.0.0, GatewayStatus::Online)))
                }
                _ => Got::Events(dispatch_contract::reading::Page {
                    items: Vec::new(),
                    next_cursor: None,
                }),
            };
            view.take(&ask, Ok(got), world);
            asked.push(ask);
        }
    }
}

/// Names and conditions of the rows, as they are shown.
fn shown(view: &mut Gateways, world: &World) -> Vec<[String; 2]> {
    view.settle(area(), world);
    let rows = view.list.rows.shown();
    let cells = |row: &&Gateway| [0, 1].map(|at| (COLUMNS[at].cell)(row, world));
    rows.iter().map(cells).collect()
}

fn change(n: u128, to: GatewayStatus) -> Event {
    let mut told = event(0, 7, "gateway.status_changed");
    told.ticket_id = None;
    told.payload = serde_json::to_value(GatewayStatusChange {
        gateway_id: g(n),
        organization_id: dispatch_contract::OrganizationId::HOUSE,
        from: GatewayStatus::Online,
        to,
        reason: Some("Connection refused".into()),
        next_step: None,
    })
    .unwrap();
    told
}

#[test]
fn a_host_without_gateways_says_so_and_is_not_asked_again() {
    let mut view = Gateways::new();
    assert_eq!(view.wants(&world(), 4), [Ask::Gateways(None)]);
    let none = Trouble::Refused {
        status: 404,
        detail: "There is no GET /v0/gateways.".into(),
    };
    view.take(&Ask::Gateways(None), Err(none), &world());
    assert!(view.unserved);
    assert_eq!(view.wants(&world(), 4), []);
}

#[test]
fn a_gateway_that_is_not_looked_at_shows_its_change_at_once_and_its_tab_counts_it() {
    let mut view = Gateways::new();
    let world = world();
    let asked = answer(&mut view, &world, 2);
    assert!(asked.contains(&Ask::GatewayHealths), "{asked:?}");
    assert!(asked.contains(&Ask::GatewayHealth(g(1))), "its pings");
    assert!(!asked.contains(&Ask::GatewayHealth(g(2))), "nobody looks");
    let well = [["gateway-1", "online"], ["gateway-2", "online"]];
    assert_eq!(shown(&mut view, &world), well);
    assert_eq!(view.waiting(&world), 0);
    view.news(&change(2, GatewayStatus::Unreachable), &world);
    let ill = [["gateway-1", "online"], ["gateway-2", "unreachable"]];
    assert_eq!(shown(&mut view, &world), ill);
    assert_eq!(view.waiting(&world), 1);
    assert_eq!(
        view.wants_unseen(&world, 16),
        [Ask::GatewayHealths],
        "the rest of it"
    );
}

#[test]
fn all_are_asked_about_again_while_they_are_looked_at_and_else_only_when_told() {
    let mut view = Gateways::new();
    let mut world = world();
    answer(&mut view, &world, 2);
    world.now = at(2);
    assert_eq!(view.wants(&world, 16), []);
    world.now = at(3);
    assert_eq!(view.wants_unseen(&world, 16), []);
    let again = [Ask::GatewayHealths, Ask::GatewayHealth(g(1))];
    assert_eq!(view.wants(&world, 16), again);
    assert_eq!(view.list.as_of, Some(at(0)), "not answered yet");
    let all = vec![health(2, GatewayStatus::Degraded)];
    view.take(&Ask::GatewayHealths, Ok(Got::GatewayHealths(all)), &world);
    assert_eq!((view.list.as_of, view.waiting(&world)), (Some(at(3)), 1));
}

#[test]
fn the_register_is_read_to_its_last_page() {
    let mut view = Gateways::new();
    let world = world();
    let page = |n: u128, next: Option<&str>| {
        Ok(Got::Gateways(dispatch_contract::reading::Page {
            items: vec![gateway(n)],
            next_cursor: next.map(Into::into),
        }))
    };
    assert_eq!(view.wants(&world, 16), [Ask::Gateways(None)]);
    view.take(&Ask::Gateways(None), page(1, Some("c")), &world);
    let second = Ask::Gateways(Some("c".into()));
    assert_eq!(view.wants(&world, 16), std::slice::from_ref(&second));
    view.take(&second, page(2, None), &world);
    assert_eq!(shown(&mut view, &world).len(), 2);
}

#[test]
fn what_was_told_of_a_gateway_before_the_console_came_shows_beside_it() {
    let mut view = Gateways::new();
    let world = world();
    answer(&mut view, &world, 2);
    view.reload();
    let read = view.wants(&world, 16);
    let told = read.iter().filter(|ask| matches!(ask, Ask::Events { .. }));
    assert_eq!(told.count(), told::KINDS.len());
    let mut registered = event(0, 1, "gateway.registered");
    registered.payload = json!({ "gateway": gateway(1) });
    for ask in read {
        let items = match &ask {
            Ask::Events { kind, .. } if *kind == Some(EventType::GatewayRegistered) => {
                vec![registered.clone()]
            }
            Ask::Events { kind, .. } if *kind == Some(EventType::GatewayStatusChanged) => {
                vec![
                    change(1, GatewayStatus::Degraded),
                    change(2, GatewayStatus::Online),
                ]
            }
            _ => continue,
        };
        let page = dispatch_contract::reading::Page {
            items,
            next_cursor: None,
        };
        view.take(&ask, Ok(Got::Events(page)), &world);
    }
    view.settle(area(), &world);
    let fields = view.fields();
    let from = fields
        .iter()
        .position(|(_, said)| said == "── recent events ──");
    let said: Vec<&str> = fields[from.unwrap() + 1..][..2]
        .iter()
        .map(|(_, said)| said.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "gateway.status_changed degraded Connection refused",
            "gateway.registered"
        ]
    );
}
