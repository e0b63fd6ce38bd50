//! The register of gateways: what an operator enters is checked, and tried, before it stands.

use dispatch_contract::event::EventType;
use dispatch_contract::gateway::{
    Gateway, GatewayChange, NewGateway, NewOrganization, Organization,
};
use dispatch_contract::reading::Page;
use dispatch_contract::{Code, GatewayId, OrganizationId, Phase, Refusal};
use dispatch_gateway::{Connection, version};
use dispatch_ledger::GatewayFilter;
use ulid::Ulid;

use crate::Switchboard;
use crate::house::Visitor;
use crate::refuse::{clash, failed, no_such, unread, wrong, wrong_at};
use crate::target::{Wiring, may_name, minimum, target};
use crate::text::{blank_is_none, needed};

/// The longest name, in characters.
pub(crate) const MAX_NAME: usize = 200;
/// The longest reference or path, in characters.
const MAX_PATH: usize = 1024;
/// The longest address, in characters.
const MAX_URL: usize = 2048;

impl Switchboard {
    /// Register an organization.
    ///
    /// # Errors
    /// `role_forbidden` for a credential of one organization, `conflict`, `invalid_input`,
    /// `store_unavailable`.
    pub async fn add_organization(
        &self,
        who: &Visitor,
        entry: NewOrganization,
    ) -> Result<Organization, Refusal> {
        if who.organization.is_some() {
            return Err(Refusal::new(
                Code::RoleForbidden,
                Phase::Authorization,
                "Organizations are registered by an operator of the whole house; your credential \
                 is of one organization.",
            ));
        }
        let organization = Organization {
            organization_id: OrganizationId(Ulid::generate()),
            name: needed("name", &entry.name, MAX_NAME)?,
            created_at: self.inner.house.now(),
        };
        let event = self
            .inner
            .house
            .event(EventType::OrganizationRegistered, who);
        let written = self
            .inner
            .ledger
            .add_organization(&organization, event)
            .await;
        match written.map_err(unread)? {
            Ok(_) => Ok(organization),
            Err(why) => Err(clash(why, "organization", &organization.name)),
        }
    }

    /// The organizations that the visitor may know of, by name.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn organizations(&self, who: &Visitor) -> Result<Vec<Organization>, Refusal> {
        self.inner
            .ledger
            .organizations(who.organization)
            .await
            .map_err(unread)
    }

    /// Register a gateway: its entry is checked, it is connected to, and its version
    /// compared.
    ///
    /// # Errors
    /// `invalid_input` where the entry is wrong or the gateway too old, `gateway_failed`
    /// where it cannot be reached or refuses us, `conflict`, `store_unavailable`.
    pub async fn add_gateway(&self, who: &Visitor, entry: NewGateway) -> Result<Gateway, Refusal> {
        let organization = self.organization_for(who, entry.organization_id).await?;
        let now = self.inner.house.now();
        let gateway = tidy(Gateway {
            gateway_id: GatewayId(Ulid::generate()),
            organization_id: organization.organization_id,
            name: entry.name,
            url: entry.url,
            token_ref: entry.token_ref,
            device_key_ref: entry.device_key_ref,
            device_pairing: entry.device_pairing,
            allow_insecure_tls: entry.allow_insecure_tls,
            token_in_query: entry.token_in_query,
            workspace_root: entry.workspace_root,
            minimum_version: entry.minimum_version,
            send_channels: entry.send_channels,
            created_at: now,
            updated_at: now,
        })?;
        may_send(&gateway)?;
        may_name(who.organization, &gateway)?;
        compatible(&gateway).await?;
        let event = self.inner.house.event(EventType::GatewayRegistered, who);
        let written = self.inner.ledger.add_gateway(&gateway, event).await;
        match written.map_err(unread)? {
            Ok(_) => Ok(gateway),
            Err(why) => Err(clash(why, "gateway", &gateway.name)),
        }
    }

    /// The gateways that the visitor may know of, oldest first.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn gateways(
        &self,
        who: &Visitor,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<Gateway>, Refusal> {
        let filter = GatewayFilter {
            gateway_id: None,
            organization_id: who.organization,
            cursor,
            limit,
        };
        self.inner.ledger.gateways(&filter).await.map_err(unread)
    }

    /// One gateway.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn gateway(&self, who: &Visitor, id: GatewayId) -> Result<Gateway, Refusal> {
        self.gateway_for(who, id).await
    }

    /// Change a gateway's entry; it is tried again only where its address, token, TLS,
    /// pairing or minimum version changed.
    ///
    /// # Errors
    /// As [`Switchboard::add_gateway`], `not_found`, and `conflict` where somebody else changed
    /// the entry meanwhile.
    pub async fn update_gateway(
        &self,
        who: &Visitor,
        id: GatewayId,
        change: GatewayChange,
    ) -> Result<Gateway, Refusal> {
        let before = self.gateway_for(who, id).await?;
        let keep = before.clone();
        let sends = change.send_channels.is_some();
        let gateway = tidy(Gateway {
            name: change.name.unwrap_or(keep.name),
            url: change.url.unwrap_or(keep.url),
            token_ref: change.token_ref.or(keep.token_ref),
            device_key_ref: change.device_key_ref.or(keep.device_key_ref),
            device_pairing: change.device_pairing.unwrap_or(keep.device_pairing),
            allow_insecure_tls: change.allow_insecure_tls.unwrap_or(keep.allow_insecure_tls),
            token_in_query: change.token_in_query.unwrap_or(keep.token_in_query),
            workspace_root: change.workspace_root.unwrap_or(keep.workspace_root),
            minimum_version: change.minimum_version.or(keep.minimum_version),
            send_channels: change.send_channels.unwrap_or(keep.send_channels),
            updated_at: self.inner.house.now(),
            ..before.clone()
        })?;
        if sends {
            may_send(&gateway)?;
        }
        let rewired = Wiring::of(&gateway) != Wiring::of(&before);
        if rewired {
            may_name(who.organization, &gateway)?;
            compatible(&gateway).await?;
        }
        let event = self.inner.house.event(EventType::GatewayUpdated, who);
        let written = self
            .inner
            .ledger
            .update_gateway(&gateway, before.updated_at, event)
            .await;
        match written.map_err(unread)? {
            Ok(_) if rewired => {
                self.inner.links.drop_link(id).await;
                Ok(gateway)
            }
            Ok(_) => Ok(gateway),
            Err(dispatch_ledger::Clash::Gone) => Err(no_such("gateway", id)),
            Err(why) => Err(clash(why, "gateway", &gateway.name)),
        }
    }

    /// Strike a gateway off the register; nothing is asked of it. Its boards stay without
    /// a gateway.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn remove_gateway(&self, who: &Visitor, id: GatewayId) -> Result<(), Refusal> {
        self.gateway_for(who, id).await?;
        let event = self.inner.house.event(EventType::GatewayRemoved, who);
        let gone = self.inner.ledger.remove_gateway(id, event).await;
        gone.map_err(unread)?
            .ok_or_else(|| no_such("gateway", id))?;
        self.inner.links.drop_link(id).await;
        Ok(())
    }
}

/// An entry with its texts trimmed, blanks taken for none, and everything within limits.
fn tidy(entry: Gateway) -> Result<Gateway, Refusal> {
    for (kind, channel) in &entry.send_channels {
        let kind = serde_json::to_value(kind).unwrap_or_default();
        let field = format!("send_channels/{}", kind.as_str().unwrap_or("?"));
        needed(&field, &channel.channel, 64)?;
        blank_is_none(&field, channel.account_id.as_deref(), 128)?;
    }
    let gateway = Gateway {
        name: needed("name", &entry.name, MAX_NAME)?,
        url: match entry.url.trim() {
            "" => return Err(wrong_at("url", "required", "Gateway url is required")),
            url => needed("url", url, MAX_URL)?,
        },
        token_ref: blank_is_none("token_ref", entry.token_ref.as_deref(), MAX_PATH)?,
        device_key_ref: blank_is_none("device_key_ref", entry.device_key_ref.as_deref(), MAX_PATH)?,
        workspace_root: match entry.workspace_root.trim() {
            "" => {
                let message = "Gateway workspace_root is required";
                return Err(wrong_at("workspace_root", "required", message));
            }
            root => needed("workspace_root", root, MAX_PATH)?,
        },
        minimum_version: blank_is_none("minimum_version", entry.minimum_version.as_deref(), 40)?,
        ..entry
    };
    // what contradicts itself is known before anything is dialled
    target(&gateway)?;
    Ok(gateway)
}

/// Messages that calls owe are the house's: they leave through its own gateways alone.
fn may_send(gateway: &Gateway) -> Result<(), Refusal> {
    if gateway.send_channels.is_empty() || gateway.organization_id == OrganizationId::HOUSE {
        return Ok(());
    }
    let message = "Messages leave through gateways of the house alone, never through another \
                   organization's: leave send_channels empty.";
    Err(wrong_at("send_channels", "not_the_house", message))
}

/// Connects once and compares versions.
async fn compatible(gateway: &Gateway) -> Result<(), Refusal> {
    const WHAT: &str = "compatibility check";
    let connection = Connection::open(&target(gateway)?)
        .await
        .map_err(|error| failed(WHAT, &error))?;
    let hello = connection.hello().clone();
    let verdict = version::check(&connection, &hello, minimum(gateway)?).await;
    connection.close().await;
    if verdict.compatible {
        Ok(())
    } else {
        Err(wrong(format!("{}.", verdict.message)))
    }
}
