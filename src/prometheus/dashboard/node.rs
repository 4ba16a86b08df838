//! The page of a machine, by the metrics of node_exporter, and of sensors of temperature and humidity.

use super::layout::{Draft, Look, Page, Row};
use super::model::Variable;
use super::selector::Selector;

/// Filesystems that hold nothing of their own.
const PSEUDO: &str = "tmpfs|devtmpfs|overlay|squashfs|ramfs|iso9660|proc|sysfs|cgroup.*";

pub(super) fn page(selector: &Selector, has_sensors: bool) -> Page {
    let node = [("instance", "$node")];
    let mut rows = vec![
        Row::new("$node", vec![cpu(selector, &node), memory(selector, &node), load(selector, &node)]),
        Row::new("Disks and network", vec![disks(selector, &node), network(selector, &node)]),
    ];
    if has_sensors {
        rows.push(Row::new("Temperature", sensors(selector)));
    }
    Page {
        title: "node",
        description: "A machine by the metrics of node_exporter.",
        variables: vec![
            Variable::datasource(),
            Variable::label_values("node", "Node", selector.of("node_uname_info"), "instance", None),
        ],
        rows,
    }
}

fn cpu(selector: &Selector, node: &[(&str, &str)]) -> Draft {
    let idle: Vec<_> = [("mode", "idle")].into_iter().chain(node.iter().copied()).collect();
    let idle = selector.with("node_cpu_seconds_total", &idle);
    Draft::new("Processor", Look::Lines, "percent")
        .size(8, 8)
        .between(0.0, 100.0)
        .query(format!("100 * (1 - avg(rate({idle}[$__rate_interval])))"), "busy")
}

fn memory(selector: &Selector, node: &[(&str, &str)]) -> Draft {
    let (total, free) = (
        selector.with("node_memory_MemTotal_bytes", node),
        selector.with("node_memory_MemAvailable_bytes", node),
    );
    Draft::new("Memory", Look::Lines, "bytes")
        .size(8, 8)
        .starting_at_zero()
        .query(format!("{total} - {free}"), "used")
        .query(total, "all")
        .dashed("^all$", "red")
}

fn load(selector: &Selector, node: &[(&str, &str)]) -> Draft {
    let idle: Vec<_> = [("mode", "idle")].into_iter().chain(node.iter().copied()).collect();
    Draft::new("Load", Look::Lines, "none")
        .size(8, 8)
        .starting_at_zero()
        .about("Processes that run or want to, against the number of processors.")
        .query(selector.with("node_load1", node), "1 min")
        .query(selector.with("node_load15", node), "15 min")
        .query(format!("count({})", selector.with("node_cpu_seconds_total", &idle)), "processors")
        .dashed("^processors$", "red")
}

fn disks(selector: &Selector, node: &[(&str, &str)]) -> Draft {
    let of = |metric| selector.without(metric, node, "fstype", PSEUDO);
    let (free, all) = (of("node_filesystem_avail_bytes"), of("node_filesystem_size_bytes"));
    Draft::new("Disks, used", Look::Lines, "percent")
        .between(0.0, 100.0)
        .query(format!("max by (device) (100 * (1 - {free} / {all}))"), "{{device}}")
}

fn network(selector: &Selector, node: &[(&str, &str)]) -> Draft {
    let rate = |metric| format!("sum(rate({}[$__rate_interval]))", selector.with(metric, node));
    Draft::new("Network", Look::Lines, "Bps")
        .starting_at_zero()
        .query(rate("node_network_receive_bytes_total"), "in")
        .query(rate("node_network_transmit_bytes_total"), "out")
}

fn sensors(selector: &Selector) -> Vec<Draft> {
    let mean = |metric| format!("avg_over_time({}[2m])", selector.of(metric));
    vec![
        Draft::new("Temperature", Look::Lines, "celsius")
            .runbooks(&["SensorTemperatureHigh", "SensorSilent"])
            .query(mean("temperature"), "{{instance}}"),
        Draft::new("Humidity", Look::Lines, "humidity")
            .runbooks(&["SensorHumidityHigh", "SensorSilent"])
            .query(mean("humidity"), "{{instance}}"),
    ]
}
