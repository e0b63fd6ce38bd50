//! Where a rule's values live: in memory that the component has from its start.
//!
//! An instance serves one call and is dropped, so what is taken is hardly ever given back.
//! Memory that grows must be asked of the host, which must ask the system, twice in a
//! verdict, and there other threads wait: the system allocator of Rust does so for its
//! first byte.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::{Cell, UnsafeCell};
use core::ptr::{copy_nonoverlapping, null_mut};

/// Taken from before memory grows, in bytes: some ten times what a large ticket needs.
const FIRST: usize = 128 << 10;
/// Memory grows by pages of so many bytes.
const PAGE: usize = 64 << 10;

#[global_allocator]
static ARENA: Arena = Arena {
    first: UnsafeCell::new([0; FIRST]),
    next: Cell::new(0),
    end: Cell::new(0),
};

struct Arena {
    first: UnsafeCell<[u8; FIRST]>,
    /// The first address that is free, and the end of what can be taken; zero at the start.
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a component has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    fn take(&self, layout: Layout) -> Option<usize> {
        if self.end.get() == 0 {
            let first = self.first.get() as usize;
            self.next.set(first);
            self.end.set(first + FIRST);
        }
        loop {
            let at = self.next.get().checked_next_multiple_of(layout.align())?;
            let next = at.checked_add(layout.size())?;
            if next <= self.end.get() {
                self.next.set(next);
                return Some(at);
            }
            self.grow(layout)?;
        }
    }

    fn grow(&self, layout: Layout) -> Option<()> {
        let pages = layout.size().checked_add(layout.align())?.div_ceil(PAGE);
        let begin = memory_size(0) * PAGE;
        if memory_grow(0, pages) == usize::MAX {
            return None;
        }
        if self.end.get() != begin {
            self.next.set(begin);
        }
        self.end.set(begin.checked_add(pages * PAGE)?);
        Some(())
    }

    /// Is it what was taken last?
    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        block as usize + size == self.next.get()
    }
}

// SAFETY: blocks are aligned, within the component's memory, and do not overlap, since
// `next` only goes back to the beginning of the last block when that is given back.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout).map_or(null_mut(), |at| at as *mut u8)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout.size()) {
            self.next.set(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let at = block as usize;
        if self.is_last(block, layout.size()) && size <= self.end.get() - at {
            self.next.set(at + size);
            return block;
        }
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return null_mut();
        };
        let Some(new) = self.take(wanted) else {
            return null_mut();
        };
        let new = new as *mut u8;
        // SAFETY: `block` has `layout.size()` bytes, `new` has `size`, and they are apart.
        unsafe { copy_nonoverlapping(block, new, layout.size().min(size)) };
        new
    }
}
