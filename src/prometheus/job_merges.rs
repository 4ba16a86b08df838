//! What a merge key (`<<`) brings into a mapping of a job, and what can be set beside it.
//!
//! A server refuses a label that stands in a mapping and is merged into it; of other keys it takes the one that comes last. Which keys are
//! set, and what is said when one can't be, is left to others.

use crate::document::Value;

const MERGE: &str = "<<";

/// Returns the value of a key: the mapping's own, or that of a merge.
pub(super) fn found<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    map.get(key).or_else(|| merged(map, key))
}

/// Returns the value of a key that a merge brings in, whether the mapping has one of its own or not.
pub(super) fn merged<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(entries) = map else { return None };
    entries.iter().filter(|(name, _)| name == MERGE).find_map(|(_, value)| match value {
        Value::List(elements) => elements.iter().find_map(|element| found(element, key)),
        one => found(one, key),
    })
}

/// Says whether a key can be set in a mapping so that it counts: one that stands before the merge which brings it, too, does not.
pub(super) fn can_set(map: &Value, key: &str) -> bool {
    let Value::Map(entries) = map else { return true };
    let place = |key: &str| entries.iter().rposition(|(name, _)| name == key);
    match (place(key), place(MERGE)) {
        (Some(own), Some(merge)) => own > merge || merged(map, key).is_none(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::map(entries.iter().cloned())
    }

    #[test]
    fn keys_are_found_behind_merges_the_own_ones_first() {
        let shared = map(&[("a", "shared".into()), ("b", "shared".into())]);
        let deep = map(&[(MERGE, shared.clone()), ("c", "deep".into())]);
        let of = map(&[("a", "own".into()), (MERGE, Value::List(vec![map(&[]), deep]))]);
        for (key, value, from_merge) in [
            ("a", Some("own"), Some("shared")),
            ("b", Some("shared"), Some("shared")),
            ("c", Some("deep"), Some("deep")),
            ("d", None, None),
        ] {
            assert_eq!(found(&of, key), value.map(Value::from).as_ref(), "{key}");
            assert_eq!(merged(&of, key), from_merge.map(Value::from).as_ref(), "{key}");
        }
        // the last one counts, so that a key before the merge is none to change
        let behind = map(&[(MERGE, shared), ("a", "own".into())]);
        assert_eq!((can_set(&of, "a"), can_set(&of, "b"), can_set(&of, "d")), (false, true, true));
        assert!(can_set(&behind, "a"));
        assert!(can_set(&Value::Null, "a"));
    }
}
