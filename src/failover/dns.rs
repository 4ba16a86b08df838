//! A name in a zone of DNS, moved by an update of its primary name server.
//!
//! Source: RFC 2136 (updates), RFC 8945 (TSIG). The update names the records that are expected (2136, 2.4.2 "RRset exists, value dependent", and
//! 2.4.3 "does not exist"), so that a change of somebody else is noticed by the server, at the moment of the update. Everything goes over
//! TCP, which every server takes (RFC 7766): answers can't be forged from beside the way, and none is cut off.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode, UpdateMessage};
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, TSigner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::dns_key::{DnsKey, KeyAlgorithm};
use super::mover::LONGEST_REQUEST;
use super::{Mover, MoverError};
use crate::runtime;

/// How far the clocks of both sides may be apart, in seconds (RFC 8945, 10).
const FUDGE_S: u16 = 300;
/// The types of record that a name may move by.
const TYPES: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::CNAME];

/// A name that is moved by updates of a name server.
#[derive(Debug)]
pub struct DnsMover {
    name: Name,
    zone: Name,
    server: String,
    resolver: Option<String>,
    key: DnsKey,
    ttl_s: u32,
}

fn name_of(text: &str) -> Result<Name, MoverError> {
    let name = Name::from_ascii(text).map(|mut name| {
        name.set_fqdn(true);
        name
    });
    name.map_err(|error| MoverError::Settings(format!("`{text}` is no name of DNS: {error}")))
}

/// Returns the addresses as records; a text that is no IP address is the name of a host.
fn records(name: &Name, ttl_s: u32, addresses: &[String]) -> Result<Vec<Record>, MoverError> {
    let record = |address: &String| {
        let data = match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => RData::A(A(address)),
            Ok(IpAddr::V6(address)) => RData::AAAA(AAAA(address)),
            Err(_) => RData::CNAME(CNAME(name_of(address)?)),
        };
        Ok(Record::from_rdata(name.clone(), ttl_s, data))
    };
    addresses.iter().map(record).collect()
}

impl DnsMover {
    /// Makes it. `server` and `resolver` are `host:port`, `ttl_s` seconds.
    ///
    /// # Errors
    /// When a name makes no sense, or the key can't be used.
    pub fn new(
        name: &str,
        server: &str,
        zone: &str,
        key_file: &Path,
        ttl_s: u32,
        resolver: Option<String>,
    ) -> Result<DnsMover, MoverError> {
        let key = DnsKey::read(key_file)?;
        let (name, zone) = (name_of(name)?, name_of(zone)?);
        Ok(DnsMover { name, zone, server: server.to_owned(), resolver, key, ttl_s })
    }

    fn signer(&self) -> Result<TSigner, MoverError> {
        let algorithm = match self.key.algorithm {
            KeyAlgorithm::Sha256 => TsigAlgorithm::HmacSha256,
            KeyAlgorithm::Sha384 => TsigAlgorithm::HmacSha384,
            KeyAlgorithm::Sha512 => TsigAlgorithm::HmacSha512,
        };
        TSigner::new(self.key.secret.clone(), algorithm, name_of(&self.key.name)?, FUDGE_S)
            .map_err(|error| MoverError::Settings(format!("the key can't sign: {error}")))
    }

    /// Looks the name up; `is_primary`: who is asked must have the zone itself.
    async fn look_up(&self, server: &str, is_primary: bool) -> Result<Vec<String>, MoverError> {
        let refused = |reason: String| MoverError::Refused { server: server.to_owned(), reason };
        let mut found = BTreeSet::new();
        // an alias comes with any question, so two are enough
        for record_type in [RecordType::A, RecordType::AAAA] {
            let mut query = Message::query();
            query.metadata.recursion_desired = !is_primary;
            query.add_query(Query::query(self.name.clone(), record_type));
            let bytes = query.to_vec().map_err(|error| MoverError::Settings(error.to_string()))?;
            let answer = exchange(server, &bytes, false).await?;
            let answer = understood(server, &answer, &query)?;
            let code = answer.metadata.response_code;
            if !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain) {
                return Err(refused(format!("asked for {}, it says {code}", self.name)));
            }
            if is_primary && !answer.metadata.authoritative {
                return Err(refused(format!("it does not keep the zone {} itself", self.zone)));
            }
            let ours = answer.answers.iter().filter(|record| record.name == self.name);
            found.extend(ours.filter_map(|record| match &record.data {
                RData::A(address) => Some(address.0.to_string()),
                RData::AAAA(address) => Some(address.0.to_string()),
                RData::CNAME(target) => Some(target.0.to_ascii()),
                _ => None,
            }));
        }
        Ok(found.into_iter().collect())
    }

    fn update(&self, expected: &[String], to: &[String]) -> Result<Message, MoverError> {
        let (old, new) = (records(&self.name, 0, expected)?, records(&self.name, self.ttl_s, to)?);
        let mut zone = Query::query(self.zone.clone(), RecordType::SOA);
        zone.set_query_class(DNSClass::IN);
        let mut message = Message::query();
        message.metadata.op_code = OpCode::Update;
        message.metadata.recursion_desired = false;
        message.add_zone(zone);
        for record_type in TYPES {
            let of_type: Vec<Record> =
                old.iter().filter(|record| record.record_type() == record_type).cloned().collect();
            let mut all = Record::update0(self.name.clone(), 0, record_type);
            if of_type.is_empty() {
                all.dns_class = DNSClass::NONE;
                message.add_pre_requisite(all);
            } else {
                message.add_pre_requisites(of_type);
                all.dns_class = DNSClass::ANY;
                message.add_update(all);
            }
        }
        message.add_updates(new);
        Ok(message)
    }

    /// Says what a server's answer to an update means.
    fn outcome(&self, answer: &Message) -> Result<(), MoverError> {
        let refused = |reason: String| MoverError::Refused { server: self.server.clone(), reason };
        match answer.metadata.response_code {
            ResponseCode::NoError => Ok(()),
            // what was expected to be there is not, or something else is
            ResponseCode::NXRRSet
            | ResponseCode::YXRRSet
            | ResponseCode::NXDomain
            | ResponseCode::YXDomain => Err(MoverError::Changed(self.name.to_ascii())),
            ResponseCode::Refused => Err(refused(format!(
                "the key `{}` may not change {} (REFUSED); see `update-policy` or `allow-update` there",
                self.key.name, self.name
            ))),
            ResponseCode::NotAuth => Err(refused(format!(
                "it is not the primary server of the zone {}, or does not accept the key `{}` (NOTAUTH)",
                self.zone, self.key.name
            ))),
            ResponseCode::NotZone => Err(refused(format!("{} is not in the zone {}", self.name, self.zone))),
            code => Err(refused(format!("{code}"))),
        }
    }
}

/// Sends a message and returns the answer. `changes`: once it is sent, the outcome is not known without an answer.
async fn exchange(server: &str, message: &[u8], changes: bool) -> Result<Vec<u8>, MoverError> {
    let unreachable = |reason: String| MoverError::Unreachable { server: server.to_owned(), reason };
    let silent = || format!("no answer within {} s", LONGEST_REQUEST.as_secs());
    let length =
        u16::try_from(message.len()).map_err(|_| MoverError::Settings("too many addresses".into()))?;
    let connected = timeout(LONGEST_REQUEST, TcpStream::connect(server)).await;
    let mut stream =
        connected.map_err(|_| unreachable(silent()))?.map_err(|error| unreachable(error.to_string()))?;
    let talk = async {
        stream.write_all(&[&length.to_be_bytes()[..], message].concat()).await?;
        let length = stream.read_u16().await?;
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await.map(|_| answer)
    };
    let failed = |reason: String| {
        let server = server.to_owned();
        if changes {
            MoverError::Unsure { server, reason }
        } else {
            MoverError::Unreachable { server, reason }
        }
    };
    timeout(LONGEST_REQUEST, talk)
        .await
        .map_err(|_| failed(silent()))?
        .map_err(|error| failed(error.to_string()))
}

fn understood(server: &str, answer: &[u8], question: &Message) -> Result<Message, MoverError> {
    let strange = |reason: String| MoverError::Refused { server: server.to_owned(), reason };
    let message =
        Message::from_vec(answer).map_err(|error| strange(format!("its answer is none of DNS: {error}")))?;
    if message.metadata.id != question.metadata.id || message.metadata.message_type != MessageType::Response {
        return Err(strange("its answer is to another question".into()));
    }
    Ok(message)
}

impl Mover for DnsMover {
    async fn where_now(&self) -> Result<Vec<String>, MoverError> {
        self.look_up(&self.server, true).await
    }

    async fn seen_by_clients(&self) -> Result<Option<Vec<String>>, MoverError> {
        match &self.resolver {
            Some(resolver) => self.look_up(resolver, false).await.map(Some),
            None => Ok(None),
        }
    }

    async fn move_to(&self, expected: &[String], to: &[String]) -> Result<(), MoverError> {
        let mut message = self.update(expected, to)?;
        let now_s = runtime::wall_clock_ms() / 1_000;
        let unusable = |error: hickory_proto::ProtoError| MoverError::Settings(error.to_string());
        let verifier = message.finalize(&self.signer()?, now_s).map_err(unusable)?;
        let bytes = message.to_vec().map_err(unusable)?;
        let answer = exchange(&self.server, &bytes, true).await?;
        let parsed = understood(&self.server, &answer, &message)?;
        let refused = |reason: String| MoverError::Refused { server: self.server.clone(), reason };
        if let Some(error) = parsed.signature().and_then(|signature| signature.data.error) {
            let hint = "see that both sides have the same key, and that their clocks agree";
            return Err(refused(format!(
                "it does not accept the key `{}` ({error:?}): {hint}",
                self.key.name
            )));
        }
        // an answer that is not signed may say no, but never yes
        self.outcome(&parsed)?;
        let verified = verifier.map(|mut verifier| verifier.verify(&answer).map(|_| ()));
        match verified {
            Some(Ok(())) => Ok(()),
            _ => Err(MoverError::Unsure {
                server: self.server.clone(),
                reason: "its answer is not signed with the key".into(),
            }),
        }
    }

    fn plan(&self, expected: &[String], to: &[String]) -> Vec<String> {
        let line = |sign: char, ttl_s: u32, address: &String| {
            let record_type = match address.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => "A",
                Ok(IpAddr::V6(_)) => "AAAA",
                Err(_) => "CNAME",
            };
            let ttl = if sign == '+' { format!("{ttl_s} ") } else { String::new() };
            format!("{sign} {} {ttl}IN {record_type} {address}", self.name)
        };
        let old = expected.iter().map(|address| line('-', 0, address));
        let mut lines = vec![format!("update the zone {} at {}", self.zone, self.server)];
        lines.extend(old.chain(to.iter().map(|address| line('+', self.ttl_s, address))));
        lines
    }
}
