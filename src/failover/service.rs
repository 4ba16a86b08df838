//! A Service of Kubernetes without a selector, whose EndpointSlices hold the addresses of the place that it leads to.
//!
//! A selector would be the API server's matter: its controller writes the endpoints of the pods that it finds, in this cluster alone. Places are
//! whole sites, so their addresses are written here, one EndpointSlice for each family of addresses. Each write is guarded by the slice's
//! `resourceVersion`. Slices of others are looked at, but never touched: with one, the Service points elsewhere.
//!
//! Source: Kubernetes, "Services without selectors"; "EndpointSlices", ownership by the label `endpointslice.kubernetes.io/managed-by`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, PostParams};

use super::external_dns::are_same;
use super::{Mover, MoverError};
use crate::kube_port::{Cluster, KubeError};

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const OWNER: &str = "enmon.dev";
/// A write whose object has changed, but not where it leads, is tried again at once.
const TRIES: u32 = 3;

/// Versions of the API, newest first: `v1` since Kubernetes 1.21, `v1beta1` until 1.24. What is written here is the same in both.
const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// A Service whose endpoints are moved.
#[derive(Debug)]
pub struct ServiceMover {
    cluster: Cluster,
    namespace: String,
    service: String,
}

/// A family of addresses, as an EndpointSlice names it.
const FAMILIES: [&str; 2] = ["IPv4", "IPv6"];

fn family(address: &str) -> Option<&'static str> {
    match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(_) => Some(FAMILIES[0]),
        IpAddr::V6(_) => Some(FAMILIES[1]),
    }
}

fn is_ours(slice: &EndpointSlice) -> bool {
    slice
        .metadata
        .labels
        .as_ref()
        .and_then(|labels| labels.get(MANAGED_BY))
        .is_some_and(|owner| owner == OWNER)
}

fn addresses(slices: &[EndpointSlice]) -> Vec<String> {
    let is_ready = |endpoint: &&Endpoint| {
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    };
    let endpoints = slices.iter().flat_map(|slice| slice.endpoints.iter().filter(is_ready));
    endpoints.flat_map(|endpoint| endpoint.addresses.iter().cloned()).collect()
}

/// Takes an object of any of the versions for one of `v1`.
fn understood(object: DynamicObject) -> serde_json::Result<EndpointSlice> {
    let mut value = serde_json::to_value(object)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".into(), "discovery.k8s.io/v1".into());
        fields.insert("kind".into(), "EndpointSlice".into());
    }
    serde_json::from_value(value)
}

/// Makes an object of a version of a slice of `v1`.
fn written(slice: &EndpointSlice, version: &str) -> serde_json::Result<DynamicObject> {
    let mut value = serde_json::to_value(slice)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".into(), format!("discovery.k8s.io/{version}").into());
    }
    serde_json::from_value(value)
}

/// What a slice says of a port: a Service's target, which is its own number unless it says otherwise.
fn endpoint_port(port: &ServicePort) -> Result<EndpointPort, String> {
    let number = match &port.target_port {
        None | Some(IntOrString::Int(0)) => port.port,
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(name)) => {
            return Err(format!("its port {} has the target {name:?}, which only pods have", port.port));
        }
    };
    Ok(EndpointPort {
        name: port.name.clone().or(Some(String::new())),
        port: Some(number),
        protocol: port.protocol.clone(),
        app_protocol: port.app_protocol.clone(),
    })
}

impl ServiceMover {
    /// Makes it. Nothing is asked yet.
    pub fn new(cluster: Cluster, namespace: &str, service: &str) -> ServiceMover {
        ServiceMover { cluster, namespace: namespace.to_owned(), service: service.to_owned() }
    }

    fn slices(&self, version: &str) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("discovery.k8s.io", version, "EndpointSlice");
        let resource = ApiResource::from_gvk_with_plural(&kind, "endpointslices");
        Api::namespaced_with(self.cluster.client.clone(), &self.namespace, &resource)
    }

    fn shown(&self) -> String {
        format!("Service {}/{}", self.namespace, self.service)
    }

    /// Reads the Service's ports; refuses one that its controller keeps.
    async fn ports(&self) -> Result<Vec<EndpointPort>, MoverError> {
        let api: Api<Service> = Api::namespaced(self.cluster.client.clone(), &self.namespace);
        let service = api.get(&self.service).await.map_err(|error| self.cluster.explain(error))?;
        let spec = service.spec.unwrap_or_default();
        let unfit = |reason: String| MoverError::Settings(format!("{}: {reason}", self.shown()));
        if spec.selector.is_some_and(|selector| !selector.is_empty()) {
            return Err(unfit(
                "it has a selector, so Kubernetes writes its endpoints itself; take it out".into(),
            ));
        }
        let ports = spec.ports.unwrap_or_default();
        ports.iter().map(endpoint_port).collect::<Result<_, _>>().map_err(unfit)
    }

    /// Returns the version of the API that the cluster has, and the Service's slices, as those of `v1`.
    async fn list(&self) -> Result<(&'static str, Vec<EndpointSlice>), MoverError> {
        let ours = ListParams::default().labels(&format!("{SERVICE_NAME}={}", self.service)).limit(100);
        let mut outcome =
            self.slices(VERSIONS[0]).list(&ours).await.map_err(|error| self.cluster.explain(error));
        let mut version = VERSIONS[0];
        // a namespace that is not there has an empty list; only an API that is not there is not found
        if matches!(outcome, Err(KubeError::NotFound { .. })) {
            version = VERSIONS[1];
            outcome = self.slices(version).list(&ours).await.map_err(|error| self.cluster.explain(error));
        }
        let slices = outcome?.items.into_iter().map(understood).collect::<Result<_, _>>();
        slices.map(|slices| (version, slices)).map_err(|error| MoverError::Refused {
            server: self.cluster.server.clone(),
            reason: format!("its EndpointSlices are not understood: {error}"),
        })
    }

    fn slice(
        &self,
        family: &str,
        to: &[String],
        ports: &[EndpointPort],
        old: Option<&EndpointSlice>,
    ) -> EndpointSlice {
        let labels = [(SERVICE_NAME, self.service.as_str()), (MANAGED_BY, OWNER)];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut metadata = old.map(|old| old.metadata.clone()).unwrap_or_else(|| ObjectMeta {
            name: Some(format!("{}-enmon-{}", self.service, family.to_ascii_lowercase())),
            ..ObjectMeta::default()
        });
        metadata.labels.get_or_insert_with(BTreeMap::new).extend(labels);
        let endpoint = |address: &String| Endpoint {
            addresses: vec![address.clone()],
            conditions: Some(EndpointConditions { ready: Some(true), ..EndpointConditions::default() }),
            ..Endpoint::default()
        };
        EndpointSlice {
            address_type: family.to_owned(),
            endpoints: to
                .iter()
                .filter(|address| self::family(address) == Some(family))
                .map(endpoint)
                .collect(),
            metadata,
            ports: Some(ports.to_vec()),
        }
    }

    /// Writes the slices; a family that has no addresses any more keeps an empty one.
    async fn write(
        &self,
        version: &str,
        seen: &[EndpointSlice],
        to: &[String],
        ports: &[EndpointPort],
    ) -> Result<(), KubeError> {
        for family in FAMILIES {
            let old = seen.iter().find(|slice| is_ours(slice) && slice.address_type == family);
            let slice = self.slice(family, to, ports, old);
            if old.is_none() && slice.endpoints.is_empty() {
                continue;
            }
            let name = slice.metadata.name.clone().unwrap_or_default();
            let slice = written(&slice, version).map_err(|error| KubeError::Refused {
                server: self.cluster.server.clone(),
                code: 0,
                reason: error.to_string(),
            })?;
            let api = self.slices(version);
            let outcome = match old {
                Some(_) => api.replace(&name, &PostParams::default(), &slice).await,
                None => api.create(&PostParams::default(), &slice).await,
            };
            outcome.map_err(|error| self.cluster.explain(error))?;
        }
        Ok(())
    }
}

impl Mover for ServiceMover {
    async fn where_now(&self) -> Result<Vec<String>, MoverError> {
        self.ports().await?;
        Ok(addresses(&self.list().await?.1))
    }

    async fn seen_by_clients(&self) -> Result<Option<Vec<String>>, MoverError> {
        Ok(None)
    }

    async fn move_to(&self, expected: &[String], to: &[String]) -> Result<(), MoverError> {
        let ports = self.ports().await?;
        for _ in 0..TRIES {
            let (version, seen) = self.list().await?;
            if !are_same(&addresses(&seen), expected) {
                break;
            }
            if seen.iter().any(|slice| !is_ours(slice) && !slice.endpoints.is_empty()) {
                let reason = "another writer keeps EndpointSlices of it; they must go first".to_owned();
                return Err(MoverError::Refused { server: self.shown(), reason });
            }
            match self.write(version, &seen, to, &ports).await {
                Ok(()) => return Ok(()),
                Err(KubeError::Conflict { .. }) => {}
                Err(KubeError::Unreachable { server, reason }) => {
                    return Err(MoverError::Unsure { server, reason });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(MoverError::Changed(self.shown()))
    }

    fn plan(&self, expected: &[String], to: &[String]) -> Vec<String> {
        let mut lines =
            vec![format!("write the EndpointSlices of {} at {}", self.shown(), self.cluster.server)];
        lines.extend(expected.iter().map(|address| format!("- {address}")));
        lines.extend(to.iter().map(|address| format!("+ {address}")));
        lines
    }
}
