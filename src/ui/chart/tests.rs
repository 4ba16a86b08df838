//! Charts: never wider than they may be, with marks that say where one is, without what is no number.

use proptest::prelude::*;

use super::*;

fn clock(ms: u64) -> String {
    let s = ms / 1_000;
    format!("1970-01-{:02}T{:02}:{:02}:{:02}.000Z", s / 86_400 + 1, s / 3_600 % 24, s / 60 % 60, s % 60)
}

fn chart(lines: Vec<Vec<(f64, f64)>>) -> Chart {
    let named = |(number, points)| ChartLine { name: format!("line {number}"), points };
    let lines = lines.into_iter().enumerate().map(named).collect();
    Chart { title: "up".into(), from_s: 0.0, until_s: 3_600.0, gap_s: 90.0, lines, time_text: clock }
}

fn ramp() -> Vec<(f64, f64)> {
    (0..=60).map(|minute| (f64::from(minute) * 60.0, f64::from(minute) / 2.0)).collect()
}

#[test]
fn two_lines_are_told_apart_without_colour() {
    let falling = ramp().into_iter().map(|(at, value)| (at, 30.0 - value)).collect();
    let text = chart(vec![ramp(), falling]).plain(60, 13, false);
    let expected = "up\n";
    assert!(text.starts_with(expected), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("30 ┤+") && lines[1].ends_with('*'), "{text}");
    assert!(lines[11].starts_with(" 0 ┤*") && lines[11].ends_with('+'), "{text}");
    assert!(lines[13].starts_with("UTC") || lines[13].contains("00:30"), "{text}");
    assert_eq!(&lines[14..], ["* line 0", "+ line 1"], "{text}");
}

#[test]
fn a_gap_and_what_is_no_number_are_not_drawn_over() {
    let mut points = ramp();
    points[30].1 = f64::NAN;
    points.drain(40..50);
    let chart = chart(vec![points]);
    let strokes = chart.strokes(&chart.lines[0]);
    assert_eq!(strokes.iter().map(|stroke| stroke.len()).collect::<Vec<_>>(), [30, 9, 11]);
    assert_eq!(chart.svg().matches("<polyline").count(), 3);
}

#[test]
fn nothing_is_said_to_be_nothing() {
    for lines in [vec![], vec![vec![]], vec![vec![(0.0, f64::NAN)]]] {
        assert!(chart(lines.clone()).plain(80, 20, true).contains("nothing to draw"));
        assert!(chart(lines).svg().contains("nothing to draw"));
    }
}

#[test]
fn names_do_not_break_the_drawing() {
    let mut chart = chart(vec![ramp()]);
    chart.title = "a < b & \"c\"\u{1b}[2J".into();
    chart.lines[0].name = "<script>".into();
    let svg = chart.svg();
    assert!(svg.contains("a &lt; b &amp; &quot;c&quot;[2J") && svg.contains("&lt;script&gt;"), "{svg}");
    assert!(!chart.plain(80, 20, false).contains('\u{1b}'));
}

proptest! {
    #[test]
    fn it_is_never_wider_or_higher_than_it_may_be(
        width in 30usize..200, height in 6usize..60, names in "\\PC{0,300}",
        values in prop::collection::vec(prop_oneof![any::<f64>(), -1e3..1e3f64], 0..40),
    ) {
        let points = values.into_iter().enumerate().map(|(at, value)| (at as f64 * 90.0, value)).collect();
        let mut chart = chart(vec![points, ramp()]);
        chart.lines[0].name = names;
        for has_color in [false, true] {
            let text = chart.plain(width, height, has_color);
            let bare = anstream::adapter::strip_str(&text).to_string();
            for line in bare.lines() {
                prop_assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{}", line);
            }
            prop_assert_eq!(bare.lines().count(), 1 + height + 2);
        }
        prop_assert!(!chart.svg().contains("NaN"));
    }

    #[test]
    fn marks_hold_all_values(least in -1e9..1e9f64, span in 1e-3..1e9f64, count in 2usize..9) {
        let axis = axis::values(least, least + span, count);
        prop_assert!(axis.least <= least && axis.most >= least + span);
        prop_assert!(axis.marks.len() >= 2 && axis.marks.len() <= count + 3, "{:?}", axis);
        let mut texts: Vec<_> = axis.marks.iter().map(|(_, text)| text).collect();
        texts.dedup();
        prop_assert!(texts.len() == axis.marks.len() || span < least.abs() * 1e-3, "{:?}", axis);
    }
}
