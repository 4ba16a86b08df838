//! What a device says of itself: functions 43/14 and 17 (V1.1b3, 6.21 and 6.13). Decides which texts are in the bytes that came.

/// How a device is asked what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identify {
    /// 43/14: the basic texts, maker, product code and revision.
    Device,
    /// 17: whatever the maker has put there.
    Server,
}

/// "Read Device Identification", one of the things that function 43 carries.
const MEI: u8 = 0x0E;
/// The basic texts, as a stream.
const BASIC: u8 = 1;
/// A shorter run of letters among other bytes is taken for chance.
const LEAST_TEXT: usize = 3;

impl Identify {
    /// Returns the function code.
    pub(super) fn function(self) -> u8 {
        match self {
            Identify::Device => 0x2B,
            Identify::Server => 0x11,
        }
    }

    /// Appends what follows the function code in a request: from the first text on.
    pub(super) fn encode(self, out: &mut Vec<u8>) {
        if self == Identify::Device {
            out.extend_from_slice(&[MEI, BASIC, 0]);
        }
    }

    /// Reads the texts behind the function code of an answer. `None`: it is no such answer.
    pub(super) fn decode(self, body: &[u8]) -> Option<Vec<String>> {
        match self {
            Identify::Device => {
                let [MEI, _code, _conformity, _more, _next, count, objects @ ..] = body else { return None };
                let (mut texts, mut rest) = (Vec::new(), objects);
                for _ in 0..*count {
                    let [_id, length, after @ ..] = rest else { return None };
                    let (text, after) = after.split_at_checked(usize::from(*length))?;
                    texts.extend(tidy(text));
                    rest = after;
                }
                rest.is_empty().then_some(texts)
            }
            Identify::Server => {
                let (&count, data) = body.split_first()?;
                let letters = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
                let texts = data.split(|byte| !letters(byte)).filter_map(tidy);
                (data.len() == usize::from(count))
                    .then(|| texts.filter(|text| text.len() >= LEAST_TEXT).collect())
            }
        }
    }
}

/// Returns a text without what devices fill it up with; `None` when nothing is left.
fn tidy(bytes: &[u8]) -> Option<String> {
    let text: String = String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_specifications_own_example_is_met() {
        // V1.1b3, 6.21: basic device identification
        let mut body = vec![0x0E, 1, 1, 0, 0, 3];
        for (id, text) in [(0, "Company identification"), (1, "Product code XX"), (2, "V2.11")] {
            body.extend([id, text.len() as u8]);
            body.extend_from_slice(text.as_bytes());
        }
        let texts = Identify::Device.decode(&body).unwrap();
        assert_eq!(texts, ["Company identification", "Product code XX", "V2.11"]);
        assert_eq!(Identify::Device.decode(&body[..body.len() - 1]), None);
        assert_eq!(Identify::Device.decode(&[&body[..], &[0]].concat()), None);
    }

    #[test]
    fn a_server_id_is_bytes_with_texts_in_them() {
        let body = [&[13, 7][..], b"KC-P30\0A", &[0xFF, 0x20], b"42"].concat();
        assert_eq!(Identify::Server.decode(&body), Some(vec!["KC-P30".to_owned()]));
        assert_eq!(Identify::Server.decode(&[3, 1, 2]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..260)) {
            let _ = Identify::Device.decode(&body);
            let _ = Identify::Server.decode(&body);
        }
    }
}
