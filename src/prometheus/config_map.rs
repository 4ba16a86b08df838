//! The texts of a configuration as the keys of a ConfigMap.
//!
//! A write is a patch of one key that bears the `resourceVersion` of the object as it was read: the API server answers 409 when anything has
//! changed since. Then the key is looked at again: when its text is still the one that the edit was made from, the patch is sent anew.
//!
//! Texts that are kept go into ConfigMaps of their own, `NAME-enmon-before`, `-applied` and `-refused`. Annotations of one object hold
//! 256 KiB, a configuration may have 1 MiB; and a further key of the same ConfigMap would be a file in the server's folder, which a pattern of
//! its configuration may mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;

use super::config::FileKind;
use super::config_map_keys::{LARGEST, configuration_key, listed, meant, size_with};
use super::pod_mounts::{Mount, mount};
use super::store::{Hurry, Kept, KeptText, StoreError};
use super::target::ConfigMapPlace;
use crate::kube_port::{Cluster, ClusterChoice, KubeError};

/// Who writes, as `managedFields` tell.
const MANAGER: &str = "enmon";
/// A write whose object has changed, but not its text, is tried so often.
const TRIES: usize = 5;
/// How long the API server may take for a connection, and for an answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
/// A kubelet brings a change to its pods within its sync period and its cache's life, a minute each (Kubernetes' documentation,
/// "ConfigMaps": "mounted ConfigMaps are updated automatically"), and some more when it is busy.
const SYNC: Duration = Duration::from_secs(150);
/// Most pods of a namespace that are looked at.
const MOST_PODS: u32 = 500;
/// The annotation that makes a kubelet look at a pod.
const NEWS: &str = "enmon.io/configmap-seen";

/// A ConfigMap with the texts of a configuration.
#[derive(Debug)]
pub struct ConfigMapStore {
    cluster: Cluster,
    api: Api<ConfigMap>,
    namespace: String,
    name: String,
}

impl ConfigMapStore {
    /// Finds the cluster. Nothing is asked yet.
    ///
    /// # Errors
    /// When there is no kubeconfig, or it can't be used.
    pub async fn open(choice: &ClusterChoice, place: &ConfigMapPlace) -> Result<Self, StoreError> {
        let (namespace, name) = (place.namespace.clone(), place.name.clone());
        let cluster = Cluster::find(choice, CONNECT).await.map_err(|error| StoreError::Kubernetes {
            place: format!("configmap:{namespace}/{name}"),
            error,
        })?;
        let api = Api::namespaced(cluster.client.clone(), &namespace);
        Ok(ConfigMapStore { cluster, api, namespace, name })
    }

    /// Returns what a person calls a key.
    pub fn name(&self, key: &Path) -> String {
        format!("{}/{}", self.place(), key.display())
    }

    fn place(&self) -> String {
        format!("configmap:{}/{}", self.namespace, self.name)
    }

    fn failed(&self, error: KubeError) -> StoreError {
        StoreError::Kubernetes { place: self.place(), error }
    }

    /// Waits for an answer, and says in words what went wrong.
    async fn asked<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, KubeError> {
        match tokio::time::timeout(ANSWER, request).await {
            Ok(answer) => answer.map_err(|error| self.cluster.explain(error)),
            Err(_) => Err(KubeError::Unreachable {
                server: self.cluster.server.clone(),
                reason: format!("no answer within {} s", ANSWER.as_secs()),
            }),
        }
    }

    async fn get(&self) -> Result<ConfigMap, StoreError> {
        self.asked(self.api.get(&self.name)).await.map_err(|error| self.failed(error))
    }

    /// Finds the key of the configuration.
    ///
    /// # Errors
    /// When it is not clear which one it is.
    pub async fn configuration(&self) -> Result<PathBuf, StoreError> {
        let texts = self.get().await?.data.unwrap_or_default();
        configuration_key(&texts)
            .map(PathBuf::from)
            .map_err(|error| StoreError::WhichKey { place: self.place(), error })
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When there is no such key, or the ConfigMap can't be had.
    pub async fn read(&self, key: &Path) -> Result<String, StoreError> {
        let texts = self.get().await?.data.unwrap_or_default();
        let key = key_of(key);
        match texts.get(&key) {
            Some(text) => Ok(text.clone()),
            None => {
                let keys = listed(texts.keys().map(String::as_str));
                Err(StoreError::NoKey { place: self.place(), key, keys })
            }
        }
    }

    /// Says whether there is such a key.
    ///
    /// # Errors
    /// When the ConfigMap can't be had.
    pub async fn has(&self, key: &Path) -> Result<bool, StoreError> {
        Ok(self.get().await?.data.unwrap_or_default().contains_key(&key_of(key)))
    }

    /// Returns the keys that a pattern of the configuration means.
    ///
    /// # Errors
    /// When the ConfigMap can't be had.
    pub async fn meant(&self, own: &Path, pattern: &str, kind: FileKind) -> Result<Vec<PathBuf>, StoreError> {
        let texts = self.get().await?.data.unwrap_or_default();
        Ok(meant(&texts, &key_of(own), pattern, kind).into_iter().map(PathBuf::from).collect())
    }

    /// Replaces the text of a key that an edit was made from, and keeps it. Returns where.
    ///
    /// # Errors
    /// When it is another text by now, does not fit, or may not be written.
    pub async fn write(&self, key: &Path, before: &str, after: &str) -> Result<Option<String>, StoreError> {
        let map = self.get().await?;
        let there = text_of(&map, key);
        if there.unwrap_or_default() != before {
            return Err(StoreError::Changed(self.name(key)));
        }
        let there = there.map(str::to_owned);
        self.demand_writable(&map, key, after)?;
        let kept = match &there {
            Some(text) => Some(self.keep(Kept::Before, &[(key, text)]).await?),
            None => None,
        };
        self.replace(key, there.as_deref(), Some(after)).await?;
        Ok(kept)
    }

    /// Replaces the text of a key when it is still the one that is expected; `None`: no such key.
    ///
    /// # Errors
    /// When it is another text by now, does not fit, or may not be written.
    pub async fn replace(
        &self,
        key: &Path,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let map = self.get().await?;
            if text_of(&map, key) != before {
                return Err(StoreError::Changed(self.name(key)));
            }
            self.demand_writable(&map, key, after.unwrap_or_default())?;
            let patch = json!({
                "metadata": {"resourceVersion": map.metadata.resource_version},
                "data": {key_of(key): after},
            });
            let (params, patch) = (written_by_us(), Patch::Merge(&patch));
            match self.asked(self.api.patch(&self.name, &params, &patch)).await {
                Ok(_) => return Ok(()),
                Err(KubeError::Conflict { .. }) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Err(StoreError::Busy(self.place()))
    }

    fn demand_writable(&self, map: &ConfigMap, key: &Path, text: &str) -> Result<(), StoreError> {
        if map.immutable == Some(true) {
            return Err(StoreError::Immutable(self.place()));
        }
        let bytes = size_with(sizes(map), &key_of(key), text);
        if bytes > LARGEST {
            return Err(StoreError::TooLarge { place: self.place(), bytes, most: LARGEST });
        }
        Ok(())
    }

    /// Returns a text that was kept.
    ///
    /// # Errors
    /// When Kubernetes does not say.
    pub async fn kept(&self, key: &Path, which: Kept) -> Result<Option<KeptText>, StoreError> {
        let name = self.kept_name(which);
        let map = self.asked(self.api.get_opt(&name)).await.map_err(|error| self.failed(error))?;
        let text = map.as_ref().and_then(|map| text_of(map, key)).map(str::to_owned);
        Ok(text.map(|text| KeptText { place: self.kept_place(which, key), text }))
    }

    /// Keeps texts in a ConfigMap of their own. Returns where the first of them is.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn keep(&self, which: Kept, texts: &[(&Path, &str)]) -> Result<String, StoreError> {
        let name = self.kept_name(which);
        let mut data: BTreeMap<String, String> =
            texts.iter().map(|(key, text)| (key_of(key), (*text).to_owned())).collect();
        for _ in 0..TRIES {
            let there = self.asked(self.api.get_opt(&name)).await.map_err(|error| self.failed(error))?;
            let outcome = match there {
                None => self.asked(self.api.create(&by_us(), &self.new_map(&name, &data))).await,
                Some(mut map) => {
                    if which == Kept::Before {
                        add_older(&mut data, map.data.take().unwrap_or_default());
                    }
                    map.data = Some(data.clone());
                    self.asked(self.api.replace(&name, &by_us(), &map)).await
                }
            };
            match outcome {
                Ok(_) => {
                    return Ok(texts.first().map(|(key, _)| self.kept_place(which, key)).unwrap_or_default());
                }
                Err(KubeError::Conflict { .. }) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Err(StoreError::Busy(format!("configmap:{}/{name}", self.namespace)))
    }

    fn new_map(&self, name: &str, data: &BTreeMap<String, String>) -> ConfigMap {
        let labels = BTreeMap::from([("app.kubernetes.io/managed-by".to_owned(), MANAGER.to_owned())]);
        ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: Some(self.namespace.clone()),
                labels: Some(labels),
                ..ObjectMeta::default()
            },
            data: Some(data.clone()),
            ..ConfigMap::default()
        }
    }

    fn kept_name(&self, which: Kept) -> String {
        let what = match which {
            Kept::Before => "before",
            Kept::Applied => "applied",
            Kept::Refused => "refused",
        };
        format!("{}-enmon-{what}", self.name)
    }

    fn kept_place(&self, which: Kept, key: &Path) -> String {
        format!("configmap:{}/{}/{}", self.namespace, self.kept_name(which), key.display())
    }

    /// Returns how long a server may still see an older text.
    ///
    /// # Errors
    /// When the ConfigMap can't be had.
    pub async fn settling(&self) -> Result<Duration, StoreError> {
        let map = self.get().await?;
        let fields = map.metadata.managed_fields.unwrap_or_default();
        let newest = fields.into_iter().filter_map(|field| field.time).map(|time| time.0).max();
        let age = newest.map_or(Duration::ZERO, |at| {
            Duration::from_secs(
                Timestamp::now().as_second().saturating_sub(at.as_second()).try_into().unwrap_or(0),
            )
        });
        Ok(SYNC.saturating_sub(age))
    }

    /// Changes an annotation of the pods that mount the ConfigMap, so that their kubelets look at it.
    pub async fn hurry(&self) -> Hurry {
        let mut hurry = Hurry::default();
        let told = self.tell_pods(&mut hurry).await;
        hurry.reason = told.err().map(|error| error.to_string());
        hurry
    }

    async fn tell_pods(&self, hurry: &mut Hurry) -> Result<(), KubeError> {
        let pods: Api<Pod> = Api::namespaced(self.cluster.client.clone(), &self.namespace);
        let version = self.asked(self.api.get(&self.name)).await?.metadata.resource_version;
        for pod in self.asked(pods.list(&ListParams::default().limit(MOST_PODS))).await?.items {
            let Some(name) = &pod.metadata.name else { continue };
            match pod.spec.as_ref().map_or(Mount::No, |spec| mount(spec, &self.name)) {
                Mount::No => {}
                Mount::Deaf => hurry.deaf.push(name.clone()),
                Mount::Folder => {
                    let patch = json!({"metadata": {"annotations": {NEWS: version}}});
                    self.asked(pods.patch(name, &written_by_us(), &Patch::Merge(&patch))).await?;
                    hurry.pods += 1;
                }
            }
        }
        Ok(())
    }
}

fn written_by_us() -> PatchParams {
    PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() }
}

fn by_us() -> PostParams {
    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }
}

fn key_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn text_of<'a>(map: &'a ConfigMap, key: &Path) -> Option<&'a str> {
    map.data.as_ref()?.get(&key_of(key)).map(String::as_str)
}

fn sizes(map: &ConfigMap) -> impl Iterator<Item = (String, usize)> {
    let texts = map.data.iter().flatten().map(|(key, text)| (key.clone(), text.len()));
    let binaries = map.binary_data.iter().flatten().map(|(key, bytes)| (key.clone(), bytes.0.len()));
    texts.chain(binaries)
}

/// Adds what was kept of other keys before, as long as all of it fits.
fn add_older(data: &mut BTreeMap<String, String>, older: BTreeMap<String, String>) {
    let mut bytes: usize = data.values().map(String::len).sum();
    for (key, text) in older {
        if !data.contains_key(&key) && bytes + text.len() <= LARGEST {
            bytes += text.len();
            data.insert(key, text);
        }
    }
}
