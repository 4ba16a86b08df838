//! The profiles that come with the program.

/// File name and text of each, by file name.
pub(super) const FILES: &[(&str, &str)] = &[
    ("abb-terra-ac.yaml", include_str!("../../templates/profiles/abb-terra-ac.yaml")),
    ("alfen-eve.yaml", include_str!("../../templates/profiles/alfen-eve.yaml")),
    ("eastron-sdm630.yaml", include_str!("../../templates/profiles/eastron-sdm630.yaml")),
    ("enmon-endpoint.yaml", include_str!("../../templates/profiles/enmon-endpoint.yaml")),
    ("go-e.yaml", include_str!("../../templates/profiles/go-e.yaml")),
    (
        "heidelberg-energy-control.yaml",
        include_str!("../../templates/profiles/heidelberg-energy-control.yaml"),
    ),
    ("keba-p30.yaml", include_str!("../../templates/profiles/keba-p30.yaml")),
    ("keba-p40.yaml", include_str!("../../templates/profiles/keba-p40.yaml")),
    ("schneider-evlink.yaml", include_str!("../../templates/profiles/schneider-evlink.yaml")),
    ("webasto-next.yaml", include_str!("../../templates/profiles/webasto-next.yaml")),
];
