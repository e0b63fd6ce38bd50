//! The register of technicians, for operators.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use dispatch_contract::reading::Technician;
use dispatch_contract::time::Zone;
use dispatch_contract::{Code, Phase, Refusal, TechnicianId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Api;
use crate::access::operators_only;
use crate::correlation::CorrelationId;
use crate::principal::Caller;
use crate::reply::{Reply, json, read};

/// A technician as an operator states them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TechnicianEntry {
    /// By name, 1 to 200 characters.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// May be assigned.
    pub active: bool,
    /// Where their day runs.
    pub timezone: Zone,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub phone: Option<String>,
}

/// The register.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TechnicianList {
    /// By name.
    pub technicians: Vec<Technician>,
}

/// List technicians.
#[utoipa::path(get, path = "/v0/technicians", tag = "technicians",
    responses((status = 200, description = "The register", body = ref("#/components/schemas/TechnicianList"), content_type = "application/json")))]
pub(crate) async fn list(State(api): State<Api>, caller: Caller) -> Reply {
    operators_only(caller)?;
    Ok(json(&TechnicianList {
        technicians: api.desk().technicians().await?,
    }))
}

/// Register a technician or change one; an audited action.
#[utoipa::path(put, path = "/v0/technicians/{technician_id}", tag = "technicians",
    params(("technician_id" = String, Path)), request_body(content = ref("#/components/schemas/TechnicianEntry"), content_type = "application/json"),
    responses((status = 200, description = "As registered", body = ref("#/components/schemas/Technician"), content_type = "application/json")))]
pub(crate) async fn put(
    State(api): State<Api>,
    caller: Caller,
    Extension(correlation): Extension<CorrelationId>,
    Path(id): Path<String>,
    entry: Result<Json<TechnicianEntry>, JsonRejection>,
) -> Reply {
    operators_only(caller)?;
    let invalid = |detail: String| Refusal::new(Code::InvalidInput, Phase::Schema, detail);
    let technician_id: TechnicianId = id
        .parse()
        .map_err(|error| invalid(format!("`{id:.60}` is {error}.")))?;
    let entry = read(entry, "A technician is {name, active, timezone, phone?}")?;
    let name = entry.name.trim().to_owned();
    let phone = entry.phone.filter(|phone| !phone.trim().is_empty());
    if !(1..=200).contains(&name.chars().count()) {
        return Err(invalid("A name has 1 to 200 characters.".into()).into());
    }
    if name.contains('\0') || phone.as_ref().is_some_and(|phone| phone.contains('\0')) {
        return Err(invalid("Leave the character U+0000 out: no text can hold it.".into()).into());
    }
    if phone
        .as_ref()
        .is_some_and(|phone| phone.chars().count() > 40)
    {
        return Err(invalid("A phone number has at most 40 characters.".into()).into());
    }
    let technician = Technician {
        technician_id,
        name,
        active: entry.active,
        timezone: entry.timezone,
        phone,
    };
    api.desk()
        .put_technician(caller.actor, &technician, Some(&correlation.0))
        .await?;
    Ok(json(&technician))
}
