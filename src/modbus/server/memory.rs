//! Registers that hold what was last written to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Registers;
use crate::modbus::Exception;
use crate::profile::Table;

type Words = BTreeMap<(u8, Table, u16), u16>;

/// Registers and bits (as 0 and 1) by unit, table and address; all others are an illegal data address.
#[derive(Debug, Default)]
pub struct Memory {
    words: Mutex<Words>,
    /// What can be read and not be written.
    fixed: BTreeSet<(u8, Table, u16)>,
}

impl Memory {
    /// Adds words from an address on; those that lie behind the last address are left out.
    #[must_use]
    pub fn with(self, unit: u8, table: Table, address: u16, words: &[u16]) -> Self {
        {
            let places = (address..=u16::MAX).map(|at| (unit, table, at));
            self.words().extend(places.zip(words.iter().copied()));
        }
        self
    }

    /// Lets so many registers be read only.
    #[must_use]
    pub fn with_fixed(mut self, unit: u8, table: Table, address: u16, count: u16) -> Self {
        self.fixed.extend((address..=u16::MAX).take(usize::from(count)).map(|at| (unit, table, at)));
        self
    }

    fn words(&self) -> MutexGuard<'_, Words> {
        // a write that panicked has written whole words
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the units that have registers.
    pub fn units(&self) -> BTreeSet<u8> {
        self.words().keys().map(|(unit, ..)| *unit).collect()
    }
}

impl Registers for Memory {
    fn has(&self, unit: u8) -> bool {
        self.words().range((unit, Table::Coil, 0)..).next().is_some_and(|((first, ..), _)| *first == unit)
    }

    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        if !self.has(unit) {
            return Err(Exception::GatewayTargetFailedToRespond);
        }
        let words = self.words();
        let word = |at| words.get(&(unit, table, at)).copied().ok_or(Exception::IllegalDataAddress);
        (0..count)
            .map(|step| address.checked_add(step).ok_or(Exception::IllegalDataAddress).and_then(word))
            .collect()
    }

    fn write(&self, unit: u8, table: Table, address: u16, written: &[u16]) -> Result<(), Exception> {
        let count = u16::try_from(written.len()).map_err(|_| Exception::IllegalDataValue)?;
        self.read(unit, table, address, count)?;
        let places = || (address..=u16::MAX).map(|at| (unit, table, at));
        if places().take(written.len()).any(|place| self.fixed.contains(&place)) {
            return Err(Exception::IllegalDataAddress);
        }
        self.words().extend(places().zip(written.iter().copied()));
        Ok(())
    }

    fn snapshot(&self) -> Option<Arc<dyn Registers>> {
        let words = Mutex::new(self.words().clone());
        Some(Arc::new(Memory { words, fixed: self.fixed.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_held_and_the_rest_is_refused() {
        let memory = Memory::default()
            .with(3, Table::Holding, 10, &[1, 2, 3])
            .with(3, Table::Holding, 0xFFFF, &[9, 9])
            .with_fixed(3, Table::Holding, 12, 1);
        assert!(memory.has(3) && !memory.has(2) && !memory.has(4));
        assert_eq!(memory.write(3, Table::Holding, 10, &[7, 8]), Ok(()));
        assert_eq!(memory.read(3, Table::Holding, 10, 3), Ok(vec![7, 8, 3]));
        assert_eq!(memory.write(3, Table::Holding, 11, &[0, 0]), Err(Exception::IllegalDataAddress));
        assert_eq!(memory.read(3, Table::Holding, 10, 3), Ok(vec![7, 8, 3]), "nothing was written");
        assert_eq!(memory.read(3, Table::Holding, 10, 4), Err(Exception::IllegalDataAddress));
        assert_eq!(memory.read(3, Table::Holding, 0xFFFF, 2), Err(Exception::IllegalDataAddress));
        assert_eq!(memory.read(3, Table::Input, 10, 1), Err(Exception::IllegalDataAddress));
        assert_eq!(memory.read(4, Table::Holding, 10, 1), Err(Exception::GatewayTargetFailedToRespond));
    }

    #[test]
    fn a_snapshot_does_not_change() {
        let memory = Memory::default().with(1, Table::Coil, 0, &[0]);
        let kept = memory.snapshot().unwrap();
        memory.write(1, Table::Coil, 0, &[1]).unwrap();
        assert_eq!(kept.read(1, Table::Coil, 0, 1), Ok(vec![0]));
    }
}
