//! A deadline that moves on with every request. Most are never reached, so the timer behind it is not set anew each time: it goes off at an
//! earlier one, and is set to the present one then.

use std::pin::Pin;

use tokio::time::{Instant, Sleep, sleep_until};

/// A timer for deadlines of which each is later than the one before, as a rule.
#[derive(Debug, Default)]
pub(super) struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Waits until it is due, never longer and never less.
    pub(super) async fn passed(&mut self, due: Instant) {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(due)));
        loop {
            if timer.deadline() > due || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            timer.as_mut().await;
            if timer.deadline() >= due {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Waits for each of these with one timer, and gives up on it when something else has taken its time.
    fn waited(deadlines_ms: &[u64], give_up_after_ms: Option<u64>) -> Vec<u128> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (begun, mut deadline, mut waited) = (Instant::now(), Deadline::default(), Vec::new());
            for &ms in deadlines_ms {
                let due = begun + Duration::from_millis(ms);
                match give_up_after_ms {
                    None => deadline.passed(due).await,
                    Some(ms) => tokio::select! {
                        () = deadline.passed(due) => {}
                        () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                    },
                }
                waited.push(begun.elapsed().as_millis());
            }
            waited
        })
    }

    #[test]
    fn each_deadline_is_kept_whatever_came_before_it() {
        assert_eq!(waited(&[100, 250, 240, 900], None), [100, 250, 250, 900]);
    }

    #[test]
    fn one_that_was_not_awaited_does_not_end_the_next() {
        // the timer was set to 100, and goes off while the third is awaited
        assert_eq!(waited(&[100, 140, 180], Some(40)), [40, 80, 120]);
        assert_eq!(waited(&[1000, 50, 2000], Some(60)), [60, 60, 120]);
    }
}
