//! The profiles that come with the program.

/// File name and text of each, by file name.
pub(super) const FILES: &[(&str, &str)] = &[
    ("abb-terra-ac.yaml", include_str!("../../templates/profiles/abb-terra-ac.yaml")),
    ("abl-emh1.yaml", include_str!("../../templates/profiles/abl-emh1.yaml")),
    ("alfen-eve.yaml", include_str!("../../templates/profiles/alfen-eve.yaml")),
    ("bender-cc613.yaml", include_str!("../../templates/profiles/bender-cc613.yaml")),
    ("eastron-sdm630.yaml", include_str!("../../templates/profiles/eastron-sdm630.yaml")),
    ("eastron-sdm72.yaml", include_str!("../../templates/profiles/eastron-sdm72.yaml")),
    ("enmon-endpoint.yaml", include_str!("../../templates/profiles/enmon-endpoint.yaml")),
    ("evse-din.yaml", include_str!("../../templates/profiles/evse-din.yaml")),
    ("go-e.yaml", include_str!("../../templates/profiles/go-e.yaml")),
    (
        "heidelberg-energy-control.yaml",
        include_str!("../../templates/profiles/heidelberg-energy-control.yaml"),
    ),
    ("keba-p30.yaml", include_str!("../../templates/profiles/keba-p30.yaml")),
    ("keba-p40.yaml", include_str!("../../templates/profiles/keba-p40.yaml")),
    ("mennekes-compact.yaml", include_str!("../../templates/profiles/mennekes-compact.yaml")),
    ("phoenix-charx.yaml", include_str!("../../templates/profiles/phoenix-charx.yaml")),
    ("phoenix-em-eth.yaml", include_str!("../../templates/profiles/phoenix-em-eth.yaml")),
    ("phoenix-ev-eth.yaml", include_str!("../../templates/profiles/phoenix-ev-eth.yaml")),
    ("phoenix-ev-ser.yaml", include_str!("../../templates/profiles/phoenix-ev-ser.yaml")),
    ("schneider-evlink.yaml", include_str!("../../templates/profiles/schneider-evlink.yaml")),
    ("sunspec-inverter.yaml", include_str!("../../templates/profiles/sunspec-inverter.yaml")),
    ("sunspec-meter-float.yaml", include_str!("../../templates/profiles/sunspec-meter-float.yaml")),
    ("sunspec-meter.yaml", include_str!("../../templates/profiles/sunspec-meter.yaml")),
    ("webasto-next.yaml", include_str!("../../templates/profiles/webasto-next.yaml")),
];
