//! The profiles that come with the program.

/// File name and text of each.
pub(super) const FILES: &[(&str, &str)] = &[
    ("abb-terra-ac.yaml", include_str!("../../templates/profiles/abb-terra-ac.yaml")),
    ("eastron-sdm630.yaml", include_str!("../../templates/profiles/eastron-sdm630.yaml")),
    ("enmon-endpoint.yaml", include_str!("../../templates/profiles/enmon-endpoint.yaml")),
];
