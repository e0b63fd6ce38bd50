//! What every view may look at: the clock, the line to the host, names, how it is drawn.

use std::collections::HashMap;

use dispatch_contract::reading::Technician;
use dispatch_contract::{TechnicianId, Timestamp};

use crate::link::Link;
use crate::theme::Theme;

/// See the module.
#[derive(Debug)]
pub(crate) struct World {
    /// By the last tick.
    pub(crate) now: Timestamp,
    /// The event stream.
    pub(crate) link: Link,
    /// The register.
    pub(crate) technicians: HashMap<TechnicianId, Technician>,
    /// The host's name in the configuration, or its address.
    pub(crate) host: String,
    /// Where it is.
    pub(crate) url: String,
    /// No tool is called.
    pub(crate) read_only: bool,
    /// Colours.
    pub(crate) theme: Theme,
}

impl World {
    pub(crate) fn technician(&self, id: TechnicianId) -> String {
        self.technicians
            .get(&id)
            .map_or_else(|| crate::text::tail(&id), |known| known.name.clone())
    }
}
