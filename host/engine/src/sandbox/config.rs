//! Every knob of wasmtime, set once and explained where it is set.

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmFeatures,
};

use super::SandboxError;
use super::limits::MAX_MEMORY_BYTES;

/// Instances that may be alive at once, where nothing else is asked for. Calls
/// are judged on the threads that serve them, so a small multiple of the
/// machine's threads is plenty; shadow judging and replays use the rest.
const DEFAULT_SLOTS: u32 = 64;

/// Below this many slots there is no point in going on.
const LEAST_SLOTS: u32 = 4;

/// Address space one slot takes where there is enough of it: with 4 GiB behind
/// every memory, compiled code needs no bounds checks.
const WIDE_RESERVATION_BYTES: u64 = 4 << 30;

/// Guard behind each memory, so that small constant offsets need no checks.
const GUARD_BYTES: u64 = 32 << 20;

/// Native stack a guest may use. Rules are shallow; what recurses without end
/// is stopped in 0.6 ms (measured).
const WASM_STACK_BYTES: usize = 256 << 10;

/// Memory kept mapped between instances. Guests touch about 100 KiB; keeping it
/// saves the page faults that are most of a fresh instance's cost.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// Core instances, memories and tables in one component: a guest is one module,
/// and the shims that a component may need beside it are few.
pub(super) const MAX_CORE_INSTANCES: u32 = 8;
pub(super) const MAX_MEMORIES: u32 = 1;
pub(super) const MAX_TABLES: u32 = 2;

/// Entries of one table: function pointers of a guest, a few hundred in practice.
pub(super) const MAX_TABLE_ELEMENTS: usize = 10_000;

/// How the sandbox is built.
#[derive(Clone, Copy, Debug)]
pub struct SandboxConfig {
    /// Instances that may be alive at once. Fewer are taken where the address
    /// space does not hold so many.
    pub slots: u32,
    /// Count fuel: a deterministic stop, 8 to 11 % dearer than the clock alone.
    pub metered: bool,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            slots: DEFAULT_SLOTS,
            metered: false,
        }
    }
}

/// What the pool turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolShape {
    /// Instances that may be alive at once.
    pub slots: u32,
    /// Address space behind each memory, in bytes.
    pub reservation_bytes: u64,
}

/// Make an engine whose pool fits: first wide slots, then narrow ones with
/// bounds checks, each with fewer slots until one is granted.
pub(super) fn build(config: &SandboxConfig) -> Result<(Engine, PoolShape), SandboxError> {
    let wanted = config.slots.max(LEAST_SLOTS);
    let reservations: &[u64] = if address_space_is_limited() {
        &[MAX_MEMORY_BYTES as u64]
    } else {
        &[WIDE_RESERVATION_BYTES, MAX_MEMORY_BYTES as u64]
    };
    let mut refused = None;
    for &reservation_bytes in reservations {
        let mut slots = wanted;
        loop {
            let shape = PoolShape {
                slots,
                reservation_bytes,
            };
            match Engine::new(&settings(shape, config.metered)) {
                Ok(engine) => return Ok((engine, shape)),
                Err(error) => refused = Some(error),
            }
            if slots == LEAST_SLOTS {
                break;
            }
            slots = (slots / 2).max(LEAST_SLOTS);
        }
    }
    Err(SandboxError::NoRoom {
        slots: LEAST_SLOTS,
        source: refused
            .map(|error| error.to_string().into())
            .unwrap_or_else(|| "nothing was tried".into()),
    })
}

/// Another engine whose code is the first one's, with so many slots.
pub(super) fn beside(shape: PoolShape, metered: bool, slots: u32) -> Option<(Engine, PoolShape)> {
    let shape = PoolShape { slots, ..shape };
    let engine = Engine::new(&settings(shape, metered)).ok()?;
    Some((engine, shape))
}

/// Under `ulimit -v` a reservation that just fits would leave nothing for the
/// rest of the process, so wide slots are not even tried.
fn address_space_is_limited() -> bool {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))
        .is_some_and(|rest| !rest.trim_start().starts_with("unlimited"))
}

fn settings(shape: PoolShape, metered: bool) -> Config {
    let mut config = Config::new();

    // Time. Every loop and call looks at a counter that the ticker moves; a
    // guest that spins is stopped at its deadline. 18 % of a call, against 26
    // to 29 % for fuel (measured).
    config.epoch_interruption(true);
    // Fuel is counted only where a pack asks for it, in replays and in tests.
    config.consume_fuel(metered);

    // Stack. Overflow is a trap, never a fault of the host.
    config.max_wasm_stack(WASM_STACK_BYTES);

    // Determinism: the same question always has the same verdict. No NaN with
    // a payload that depends on the processor, no threads, no relaxed SIMD;
    // and nothing a rule has no use for.
    config.cranelift_nan_canonicalization(true);
    config.wasm_features(
        WasmFeatures::THREADS
            | WasmFeatures::SHARED_EVERYTHING_THREADS
            | WasmFeatures::RELAXED_SIMD
            | WasmFeatures::SIMD
            | WasmFeatures::MULTI_MEMORY
            | WasmFeatures::MEMORY64
            | WasmFeatures::TAIL_CALL
            | WasmFeatures::EXCEPTIONS
            | WasmFeatures::LEGACY_EXCEPTIONS
            | WasmFeatures::FUNCTION_REFERENCES
            | WasmFeatures::GC
            | WasmFeatures::STACK_SWITCHING
            | WasmFeatures::WIDE_ARITHMETIC
            | WasmFeatures::CUSTOM_PAGE_SIZES
            | WasmFeatures::CM_ASYNC
            | WasmFeatures::CM_THREADING
            | WasmFeatures::CM_ERROR_CONTEXT,
        false,
    );
    // Rules are pure functions: nothing to wait for, so none of the machinery.
    config.concurrency_support(false);

    // A trap's backtrace names functions of the guest; few frames are enough.
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(8));
    // Rules are small; the best code costs 40 to 80 ms per component, once.
    config.cranelift_opt_level(OptLevel::Speed);
    config.parallel_compilation(true);

    // Memories are mapped copy-on-write from the component's image: a fresh
    // instance starts without copying anything.
    config.memory_init_cow(true);
    config.memory_reservation(shape.reservation_bytes);
    config.memory_guard_size(GUARD_BYTES);
    config.memory_may_move(false);

    // One fresh instance per call out of a pool made beforehand: 2.5 us against
    // 10 us on demand (measured).
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(shape.slots)
        .total_core_instances(shape.slots * MAX_CORE_INSTANCES)
        .total_memories(shape.slots * MAX_MEMORIES)
        .total_tables(shape.slots * MAX_TABLES)
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .max_memories_per_module(MAX_MEMORIES)
        .max_tables_per_module(MAX_TABLES)
        .table_elements(MAX_TABLE_ELEMENTS)
        // The most any guest may grow to; its own limit is usually lower.
        .max_memory_size(MAX_MEMORY_BYTES)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(MAX_TABLE_ELEMENTS * size_of::<usize>())
        // Slots stay warm for the component that used them last.
        .max_unused_warm_slots(shape.slots);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_does_not_fit_is_made_smaller() {
        let huge = SandboxConfig {
            slots: 1 << 20,
            metered: false,
        };
        let (_, shape) = build(&huge).unwrap();
        assert!(
            shape.slots >= LEAST_SLOTS && shape.slots < 1 << 20,
            "{shape:?}"
        );
    }
}
