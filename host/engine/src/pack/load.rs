//! From bytes to a pack that can judge: every step, each with its own refusal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatch_contract::Tool;
use dispatch_contract::event::PackRef;

use super::error::PackError;
use super::files::{MANIFEST, PackFiles};
use super::manifest::{Manifest, offset_of};
use super::step::{Step, Steps, Taken};
use super::{Loaded, Pack, ToolRules, Trust};
use crate::cache::Cache;
use crate::cedar::{Authority, CedarError};
use crate::engine::Pools;
use crate::judge::TRIES;
use crate::sandbox::{Rules, Sandbox, Unfit, inspect};

/// Where a pack's schema stands.
const SCHEMA: &str = "cedar/schema.cedarschema";
/// Stack for reading policies: address space, of which what is used is taken.
const CEDAR_STACK_BYTES: usize = 64 << 20;

impl Pack {
    pub(crate) fn load(
        files: &PackFiles,
        trust: &Trust<'_>,
        pools: impl FnOnce(bool) -> Result<Pools, PackError>,
        cache: &Cache,
        steps: &mut Steps,
    ) -> Result<Self, PackError> {
        steps.0.push(Taken {
            step: Step::Read,
            took: files.read_in(),
            evidence: read_evidence(files),
        });
        steps.take(Step::Signature, || {
            files.check_signature(trust).map(|said| ((), said))
        })?;
        let manifest = steps.take(Step::Manifest, || {
            let text = files.texts(Step::Manifest, MANIFEST).next().transpose()?;
            let manifest = Manifest::read(text.map_or("", |(_, text)| text))?;
            let said = format!(
                "{} {}, revision {}, contract {}",
                manifest.name, manifest.version, manifest.revision, manifest.contract
            );
            Ok((manifest, said))
        })?;
        let authority = steps.take(Step::Cedar, || {
            let authority = authority(files)?;
            let said = format!(
                "{} policies, each valid against the schema in strict mode",
                authority.policies().num_of_policies()
            );
            Ok((authority, said))
        })?;
        let tools = steps.take(Step::Components, || {
            let pools = pools(manifest.asks_for_fuel())?;
            compile_all(files, &manifest, &pools, cache)
        })?;
        steps.take(Step::Settings, || {
            for (tool, rules) in Tool::ALL.into_iter().zip(&tools) {
                check_settings(tool, rules, files)?;
            }
            let given: usize = tools.iter().map(|rules| rules.settings.len()).sum();
            Ok((
                (),
                format!(
                    "{} tools start and take their {given} settings",
                    tools.len()
                ),
            ))
        })?;
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

impl PackFiles {
    /// What these files say they are, and their revision, whether or not they are any good;
    /// none where the manifest is none.
    #[must_use]
    pub fn claims(&self) -> Option<(PackRef, u64)> {
        let text = str::from_utf8(self.get(MANIFEST)?).ok()?;
        let manifest = Manifest::read(text).ok()?;
        let reference = PackRef {
            name: manifest.name,
            version: manifest.version,
            digest: self.digest_hex(),
        };
        Some((reference, manifest.revision))
    }
}

fn read_evidence(files: &PackFiles) -> String {
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    format!(
        "{} files, {} KB, digest {:.12}",
        files.iter().count(),
        bytes.div_ceil(1000),
        files.digest_hex()
    )
}

fn authority(files: &PackFiles) -> Result<Authority, PackError> {
    let refused = |error: CedarError| PackError {
        step: Step::Cedar,
        file: error.file,
        line: error.line,
        column: error.column,
        component: None,
        message: error.message,
        help: error.help,
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
    let load = || Authority::load(schema, &policies).map_err(refused);
    on_a_large_stack(load).unwrap_or_else(|| {
        Err(PackError::new(
            Step::Cedar,
            "the thread that read the policies died; load the pack again",
        ))
    })
}

/// Cedar recurses: as deep as its texts may nest, whatever stack the thread has that loads a
/// pack. None where no thread was granted, or it panicked.
fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("policy-cedar".into())
            .stack_size(CEDAR_STACK_BYTES)
            .spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}

/// All components at once, on as many threads as the machine has: compiling one
/// takes 40 to 80 ms.
fn compile_all(
    files: &PackFiles,
    manifest: &Manifest,
    pools: &Pools,
    cache: &Cache,
) -> Result<(Vec<ToolRules>, String), PackError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(&tool) = Tool::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((tool, compile(tool, files, manifest, pools, cache)));
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
    let mut tools = Vec::with_capacity(done.len());
    let (mut bytes, mut from_cache) = (0, 0);
    for (_, compiled) in done {
        let compiled = compiled?;
        bytes += compiled.bytes;
        from_cache += usize::from(compiled.from_cache);
        tools.push(compiled.rules);
    }
    let evidence = format!(
        "{} components, {} KB, {} compiled, {from_cache} from the cache",
        tools.len(),
        bytes.div_ceil(1000),
        tools.len() - from_cache,
    );
    Ok((tools, evidence))
}

/// A component that is ready, and what it took.
struct Compiled {
    rules: ToolRules,
    bytes: usize,
    from_cache: bool,
}

fn compile(
    tool: Tool,
    files: &PackFiles,
    manifest: &Manifest,
    pools: &Pools,
    cache: &Cache,
) -> Result<Compiled, PackError> {
    let entry = manifest.tool(tool);
    let refused = |unfit: Unfit| {
        let help = unfit.help();
        let mut error = PackError::new(Step::Components, unfit.to_string())
            .in_file(entry.component.clone(), None)
            .of(tool);
        error.help = help.map(str::to_owned);
        error
    };
    let bytes = files.get(&entry.component).ok_or_else(|| {
        PackError::new(Step::Components, "the file is not there")
            .in_file(entry.component.clone(), None)
            .of(tool)
            .help("build it first: `dispatch policy build`")
    })?;
    inspect::bytes(bytes).map_err(refused)?;
    let Pools { calls, aside } = pools;
    let (component, from_cache) = cache
        .compiled(calls, bytes)
        .map_err(|error| refused(inspect::invalid(&error)))?;
    let limits = manifest.run_limits(tool);
    inspect::component(calls.engine(), &component, limits.memory_bytes).map_err(refused)?;
    let beside = cache
        .beside(aside, bytes, &component)
        .map_err(|error| refused(inspect::invalid(&error)))?;
    let link = |sandbox: &Sandbox, component| {
        Rules::link(tool, sandbox, component, limits)
            .map_err(|error| refused(inspect::unlinkable(&error)))
    };
    Ok(Compiled {
        rules: ToolRules {
            rules: link(calls, component)?,
            aside: link(aside, beside)?,
            settings: entry.settings.clone().into_iter().collect(),
        },
        bytes: bytes.len(),
        from_cache,
    })
}

/// Run the component once: a start function that loops or traps is found here,
/// not by the first call.
fn check_settings(tool: Tool, rules: &ToolRules, files: &PackFiles) -> Result<(), PackError> {
    let faulted = |what: &str, fault: crate::sandbox::Fault| {
        PackError::new(
            Step::Settings,
            format!("{what}: {}: {}", fault.kind.name(), fault.detail),
        )
        .of(tool)
    };
    let ask = || {
        let mut running = rules
            .aside
            .open()
            .map_err(|fault| ("cannot be started", fault))?;
        let answer = running.check_settings(&rules.settings());
        answer.map_err(|fault| ("faulted when asked about its settings", fault))
    };
    let mut answer = ask();
    for _ in 1..TRIES {
        if !matches!(&answer, Err((_, fault)) if fault.may_pass()) {
            break;
        }
        answer = ask();
    }
    let violations = answer.map_err(|(what, fault)| faulted(what, fault))?;
    match violations.as_slice() {
        [] => Ok(()),
        many => {
            let manifest = files
                .get(MANIFEST)
                .and_then(|bytes| str::from_utf8(bytes).ok());
            let manifest = manifest.unwrap_or_default();
            let each: Vec<_> = many
                .iter()
                .map(|v| format!("{} ({}): {}", v.path, v.rule, v.message))
                .collect();
            let first = many[0].path.trim_start_matches('/');
            let at = ["tools", tool.name(), "settings", first];
            Err(PackError::new(
                Step::Settings,
                format!("settings refused: {}", each.join("; ")),
            )
            .at(MANIFEST, manifest, offset_of(manifest, &at))
            .of(tool))
        }
    }
}
