//! From bytes to a pack that can judge: every step, each with its own refusal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatch_contract::Tool;
use dispatch_contract::event::PackRef;
use wasmtime::component::Component;

use super::error::{PackError, Step};
use super::files::{MANIFEST, PackFiles};
use super::manifest::Manifest;
use super::{Loaded, Pack, ToolRules};
use crate::cache::Cache;
use crate::cedar::{Authority, CedarError};
use crate::sandbox::{Rules, Sandbox, Unfit, inspect};

/// Where a pack's schema stands.
const SCHEMA: &str = "cedar/schema.cedarschema";

impl Pack {
    pub(crate) fn load(
        files: &PackFiles,
        sandbox: impl FnOnce(bool) -> Result<Sandbox, PackError>,
        cache: &Cache,
    ) -> Result<Self, PackError> {
        let text = files.texts(Step::Manifest, MANIFEST).next().transpose()?;
        let manifest = Manifest::read(text.map_or("", |(_, text)| text))?;
        let authority = authority(files)?;
        let sandbox = sandbox(manifest.asks_for_fuel())?;
        let tools = compile_all(files, &manifest, &sandbox, cache)?;
        for (tool, rules) in Tool::ALL.into_iter().zip(&tools) {
            check_settings(tool, rules)?;
        }
        Ok(Self(Arc::new(Loaded {
            reference: PackRef {
                name: manifest.name.clone(),
                version: manifest.version.clone(),
                digest: files.digest_hex(),
            },
            manifest,
            files: files.clone(),
            tools,
            authority,
        })))
    }
}

fn authority(files: &PackFiles) -> Result<Authority, PackError> {
    let refused = |error: CedarError| PackError {
        step: Step::Cedar,
        file: error.file,
        line: error.line,
        component: None,
        message: error.message,
        source: None,
    };
    let mut schemas = files.texts(Step::Cedar, ".cedarschema");
    let schema = match (schemas.next().transpose()?, schemas.next().transpose()?) {
        (Some(schema @ (SCHEMA, _)), None) => schema,
        _ => {
            return Err(
                PackError::new(Step::Cedar, "there must be this schema, and no other")
                    .in_file(SCHEMA, None),
            );
        }
    };
    let policies: BTreeMap<&str, &str> = files
        .texts(Step::Cedar, ".cedar")
        .collect::<Result<_, _>>()?;
    Authority::load(schema, &policies).map_err(refused)
}

/// All components at once, on as many threads as the machine has: compiling one
/// takes 40 to 80 ms.
fn compile_all(
    files: &PackFiles,
    manifest: &Manifest,
    sandbox: &Sandbox,
    cache: &Cache,
) -> Result<Vec<ToolRules>, PackError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(&tool) = Tool::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((tool, compile(tool, files, manifest, sandbox, cache)));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.min(Tool::ALL.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let own = work();
        let others = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_default());
        own.into_iter().chain(others).collect()
    });
    done.sort_unstable_by_key(|(tool, _)| *tool);
    if done.len() != Tool::ALL.len() {
        return Err(PackError::new(
            Step::Components,
            "a compiling thread died; load the pack again",
        ));
    }
    done.into_iter().map(|(_, rules)| rules).collect()
}

fn compile(
    tool: Tool,
    files: &PackFiles,
    manifest: &Manifest,
    sandbox: &Sandbox,
    cache: &Cache,
) -> Result<ToolRules, PackError> {
    let entry = manifest.tool(tool);
    let refused = |unfit: Unfit| {
        PackError::new(Step::Components, unfit.to_string())
            .in_file(entry.component.clone(), None)
            .of(tool)
    };
    let bytes = files.get(&entry.component).ok_or_else(|| {
        PackError::new(
            Step::Components,
            "the file is not there; run `cargo xtask guests` first",
        )
        .in_file(entry.component.clone(), None)
        .of(tool)
    })?;
    inspect::bytes(bytes).map_err(refused)?;
    let engine = sandbox.engine();
    let component: Component = cache
        .compiled(sandbox, bytes)
        .map_err(|error| refused(inspect::invalid(&error)))?;
    let limits = manifest.run_limits(tool);
    inspect::component(engine, &component, limits.memory_bytes).map_err(refused)?;
    let rules = Rules::link(tool, engine, &component, limits, sandbox.metered())
        .map_err(|error| refused(inspect::unlinkable(&error)))?;
    Ok(ToolRules {
        rules,
        settings: entry.settings.clone().into_iter().collect(),
    })
}

/// Run the component once: a start function that loops or traps is found here,
/// not by the first call.
fn check_settings(tool: Tool, rules: &ToolRules) -> Result<(), PackError> {
    let faulted = |what: &str, fault: crate::sandbox::Fault| {
        PackError::new(
            Step::Settings,
            format!("{what}: {}: {}", fault.kind.name(), fault.detail),
        )
        .of(tool)
    };
    let mut running = rules
        .rules
        .open()
        .map_err(|fault| faulted("cannot be started", fault))?;
    let violations = running
        .check_settings(&rules.settings())
        .map_err(|fault| faulted("faulted when asked about its settings", fault))?;
    match violations.as_slice() {
        [] => Ok(()),
        many => {
            let each: Vec<_> = many
                .iter()
                .map(|v| format!("{} ({}): {}", v.path, v.rule, v.message))
                .collect();
            Err(PackError::new(
                Step::Settings,
                format!("settings refused: {}", each.join("; ")),
            )
            .in_file(MANIFEST, None)
            .of(tool))
        }
    }
}
