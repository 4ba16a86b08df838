//! How a pod mounts a ConfigMap: as a folder, which a kubelet keeps up to date, or by `subPath`, which it never does.

use k8s_openapi::api::core::v1::{Container, PodSpec, Volume};

/// How a ConfigMap gets into a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    /// Not at all.
    No,
    /// As a folder.
    Folder,
    /// By `subPath` alone: a change is never seen (Kubernetes' documentation, "ConfigMaps").
    Deaf,
}

/// Says how a pod mounts a ConfigMap.
pub fn mount(spec: &PodSpec, config_map: &str) -> Mount {
    let volumes = spec.volumes.iter().flatten().filter(|volume| brings(volume, config_map));
    let names: Vec<&str> = volumes.map(|volume| volume.name.as_str()).collect();
    let mounts = spec.containers.iter().flat_map(mounts_of).filter(|(volume, _)| names.contains(volume));
    mounts.fold(Mount::No, |so_far, (_, is_part)| match so_far {
        Mount::Folder => Mount::Folder,
        _ if is_part => Mount::Deaf,
        _ => Mount::Folder,
    })
}

/// Returns the volumes that a container mounts, and whether only a part of it.
fn mounts_of(container: &Container) -> impl Iterator<Item = (&str, bool)> {
    let is_part = |path: &Option<String>| path.as_ref().is_some_and(|path| !path.is_empty());
    container
        .volume_mounts
        .iter()
        .flatten()
        .map(move |mount| (mount.name.as_str(), is_part(&mount.sub_path) || is_part(&mount.sub_path_expr)))
}

fn brings(volume: &Volume, config_map: &str) -> bool {
    let whole = volume.config_map.as_ref().is_some_and(|source| source.name == config_map);
    let projected = volume.projected.iter().flat_map(|all| all.sources.iter().flatten());
    let mut parts = projected.filter_map(|source| source.config_map.as_ref());
    whole || parts.any(|source| source.name == config_map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mounts_of_a_folder_are_kept_up_to_date() {
        let spec = |mounts: &str| -> PodSpec {
            let text = format!(
                r#"{{"containers": [{{"name": "p", "volumeMounts": [{mounts}]}}],
                    "volumes": [{{"name": "v", "configMap": {{"name": "prometheus"}}}},
                                {{"name": "q", "projected": {{"sources": [{{"configMap": {{"name": "prometheus"}}}}]}}}},
                                {{"name": "o", "configMap": {{"name": "other"}}}}]}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let part = r#"{"name": "v", "mountPath": "/p.yml", "subPath": "p.yml"}"#;
        let whole = r#"{"name": "q", "mountPath": "/p"}"#;
        for (mounts, expected) in [
            (String::new(), Mount::No),
            (r#"{"name": "o", "mountPath": "/o"}"#.to_owned(), Mount::No),
            (part.to_owned(), Mount::Deaf),
            (whole.to_owned(), Mount::Folder),
            (format!("{part}, {whole}"), Mount::Folder),
            (format!("{whole}, {part}"), Mount::Folder),
        ] {
            assert_eq!(mount(&spec(&mounts), "prometheus"), expected, "{mounts}");
        }
    }
}
