//! Registers in memory that wears out: counts how often each is written. An EEPROM cell lasts about 100,000 writes; a loop that writes
//! every ten seconds is through with it in twelve days.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::Registers;
use crate::modbus::Exception;
use crate::profile::Table;

/// Registers that wear out when they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WearingRange {
    /// What they are called.
    pub name: String,
    /// Unit id.
    pub unit: u8,
    /// Table.
    pub table: Table,
    /// First address.
    pub address: u16,
    /// How many.
    pub count: u16,
}

impl WearingRange {
    fn is_touched(&self, unit: u8, table: Table, address: u16, count: usize) -> bool {
        let (first, end) = (usize::from(self.address), usize::from(self.address) + usize::from(self.count));
        let (from, to) = (usize::from(address), usize::from(address) + count);
        self.unit == unit && self.table == table && from < end && first < to
    }
}

/// Passes everything on to other registers, and counts what wears.
pub struct WearCounter {
    inner: Arc<dyn Registers>,
    ranges: Vec<(WearingRange, AtomicU64)>,
    on_write: RwLock<Option<OnWear>>,
}

type OnWear = Box<dyn Fn(&WearingRange, u64) + Send + Sync>;

impl std::fmt::Debug for WearCounter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WearCounter").field("ranges", &self.ranges).finish_non_exhaustive()
    }
}

impl WearCounter {
    /// Watches these ranges of other registers.
    pub fn new(inner: Arc<dyn Registers>, ranges: Vec<WearingRange>) -> Arc<WearCounter> {
        let ranges = ranges.into_iter().map(|range| (range, AtomicU64::new(0))).collect();
        Arc::new(WearCounter { inner, ranges, on_write: RwLock::new(None) })
    }

    /// Calls this after each write to such a range, with the count of its writes so far. Must return soon.
    pub fn on_write(&self, hear: impl Fn(&WearingRange, u64) + Send + Sync + 'static) {
        *self.on_write.write().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hear));
    }

    /// Returns each range and how often it was written.
    pub fn counts(&self) -> Vec<(WearingRange, u64)> {
        self.ranges.iter().map(|(range, count)| (range.clone(), count.load(Ordering::Relaxed))).collect()
    }
}

impl Registers for WearCounter {
    fn has(&self, unit: u8) -> bool {
        self.inner.has(unit)
    }

    fn knows(&self, unit: u8, function: u8) -> bool {
        self.inner.knows(unit, function)
    }

    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.inner.read(unit, table, address, count)
    }

    fn write(&self, unit: u8, table: Table, address: u16, words: &[u16]) -> Result<(), Exception> {
        self.inner.write(unit, table, address, words)?;
        for (range, count) in &self.ranges {
            if range.is_touched(unit, table, address, words.len()) {
                let now = count.fetch_add(1, Ordering::Relaxed) + 1;
                if let Some(hear) = &*self.on_write.read().unwrap_or_else(PoisonError::into_inner) {
                    hear(range, now);
                }
            }
        }
        Ok(())
    }

    fn snapshot(&self) -> Option<Arc<dyn Registers>> {
        self.inner.snapshot()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::Memory;

    #[test]
    fn writes_that_arrive_are_counted_once_each() {
        let memory = Memory::default().with(1, Table::Holding, 10, &[0; 10]);
        let range = |name: &str, address, count| WearingRange {
            name: name.into(),
            unit: 1,
            table: Table::Holding,
            address,
            count,
        };
        let counter = WearCounter::new(Arc::new(memory), vec![range("a", 12, 2), range("b", 30, 1)]);
        let told = Arc::new(AtomicU64::new(0));
        let tell = Arc::clone(&told);
        counter.on_write(move |_, count| tell.store(count, Ordering::Relaxed));
        counter.write(1, Table::Holding, 10, &[1, 1]).unwrap();
        assert_eq!(counter.counts()[0].1, 0, "beside it");
        counter.write(1, Table::Holding, 10, &[1, 1, 1, 1]).unwrap();
        counter.write(1, Table::Holding, 13, &[1]).unwrap();
        assert!(counter.write(1, Table::Holding, 30, &[1]).is_err());
        counter.write(1, Table::Holding, 14, &[1]).unwrap();
        assert_eq!(counter.counts().iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(told.load(Ordering::Relaxed), 2);
    }
}
