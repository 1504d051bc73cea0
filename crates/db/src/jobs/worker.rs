//! The one loop: relay events, look at the clock, claim, run, settle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::task::{Id, JoinSet};

use super::claim::{self, Claimed};
use super::hold::{AFTER_TROUBLE, Hold, Runner};
use super::schedule::{self, Schedule};
use super::stop::{Stop, StopSwitch};
use super::{CHANNEL, Job, JobCx, JobResult, outbox};
use crate::{Db, DbError};

/// A job belongs to its worker for so long without a sign of life.
const LEASE: Duration = Duration::from_secs(60);
/// A look at the table even if nobody called.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Between two tidy-ups of what is over.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
/// Jobs of one worker at the same time unless said otherwise.
const SLOTS: usize = 2;

struct Kind<C> {
    run: Runner<C>,
    max_attempts: i32,
}

/// Runs jobs. As many workers as one likes may run, in as many processes.
pub struct Worker<C> {
    db: Db,
    house: C,
    name: String,
    slots: usize,
    lease: Duration,
    kinds: BTreeMap<String, Kind<C>>,
    subscriptions: Vec<(String, String)>,
    schedules: Vec<Schedule>,
}

impl<C: Clone + Send + Sync + 'static> Worker<C> {
    /// A worker that knows no job yet. `house` goes to every job.
    pub fn new(db: Db, house: C) -> Worker<C> {
        Worker {
            db,
            house,
            name: format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple()),
            slots: SLOTS,
            lease: LEASE,
            kinds: BTreeMap::new(),
            subscriptions: Vec::new(),
            schedules: Vec::new(),
        }
    }

    /// How many jobs run at the same time.
    #[must_use]
    pub fn slots(mut self, slots: usize) -> Worker<C> {
        self.slots = slots.max(1);
        self
    }

    /// After how long without a sign of life another worker may take over a job.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Worker<C> {
        self.lease = lease;
        self
    }

    /// Learns a kind of job.
    #[must_use]
    pub fn job<J: Job<C>>(self) -> Worker<C> {
        self.on(J::KIND, J::MAX_ATTEMPTS, |cx, payload| async move {
            match serde_json::from_value::<J>(payload) {
                Ok(job) => job.run(cx).await,
                Err(error) => JobResult::GiveUp(format!("unexpected payload: {error}")),
            }
        })
    }

    /// Learns a kind of job from a function.
    #[must_use]
    pub fn on<F, R>(mut self, kind: &str, max_attempts: i32, run: F) -> Worker<C>
    where
        F: Fn(JobCx<C>, serde_json::Value) -> R + Send + Sync + 'static,
        R: Future<Output = JobResult> + Send + 'static,
    {
        let run: Runner<C> = Arc::new(move |cx, payload| Box::pin(run(cx, payload)));
        self.kinds.insert(kind.to_owned(), Kind { run, max_attempts });
        self
    }

    /// Every event of a topic becomes a job of a kind, whose payload is the [`super::Event`].
    #[must_use]
    pub fn subscribe(mut self, topic: &str, kind: &str) -> Worker<C> {
        self.subscriptions.push((topic.to_owned(), kind.to_owned()));
        self
    }

    /// Enqueues a job by the clock of Shanghai (`minute hour day month weekday`).
    #[must_use]
    pub fn schedule(mut self, name: &str, cron: &str, kind: &str, payload: serde_json::Value) -> Worker<C> {
        self.schedules.push(Schedule {
            name: name.to_owned(),
            cron: cron.to_owned(),
            kind: kind.to_owned(),
            payload,
        });
        self
    }

    /// Works until asked to stop, then lets running jobs end. Trouble with the database is waited out.
    ///
    /// # Errors
    /// [`DbError::BadSchedule`] if a schedule's time cannot be read.
    pub async fn run(self, mut stop: Stop) -> Result<(), DbError> {
        self.declare(&stop).await?;
        let mut listener = None;
        let mut running = Jobs::default();
        let mut tidied: Option<Instant> = None;
        while !stop.is_asked() {
            if listener.is_none() {
                listener = self.listen().await;
            }
            let pause = match self.turn(&mut running, &stop).await {
                Ok(true) => continue,
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "the worker waits for the database");
                    AFTER_TROUBLE
                }
            };
            if tidied.is_none_or(|at| at.elapsed() > TIDY_EVERY) {
                tidied = Some(Instant::now());
                if let Err(error) = tidy(&self.db).await {
                    tracing::warn!(%error, "finished jobs could not be tidied away");
                }
            }
            let called = async {
                match listener.as_mut() {
                    Some(listener) => listener.recv().await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.asked() => {}
                () = running.next_end() => {}
                heard = called => if !heard { listener = None },
                () = tokio::time::sleep(pause) => {}
            }
        }
        running.finish().await;
        Ok(())
    }

    /// Runs what is due until nothing is left, for tests and for commands that do everything at once. Gives the
    /// number of runs.
    ///
    /// # Errors
    /// Trouble with the database.
    pub async fn run_until_idle(&self) -> Result<usize, DbError> {
        let switch = StopSwitch::new();
        schedule::declare(&self.db, &self.schedules).await?;
        let mut running = Jobs::default();
        loop {
            let busy = self.turn(&mut running, &switch.watch()).await?;
            if !busy && running.tasks.is_empty() {
                return Ok(running.started);
            }
            if !running.tasks.is_empty() {
                running.next_end().await;
            }
        }
    }

    async fn declare(&self, stop: &Stop) -> Result<(), DbError> {
        loop {
            match schedule::declare(&self.db, &self.schedules).await {
                Err(error) if error.is_transient() && !stop.is_asked() => {
                    tracing::warn!(%error, "the worker waits for the database");
                    tokio::time::sleep(AFTER_TROUBLE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// A connection of its own: one that only waits must not be missing where work is done.
    async fn listen(&self) -> Option<PgListener> {
        let options = self.db.worker_pool().connect_options().as_ref().clone();
        let ear = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&ear).await.ok()?;
        listener.listen(CHANNEL).await.ok()?;
        Some(listener)
    }

    /// One round; true if it moved something and another look pays.
    async fn turn(&self, running: &mut Jobs, stop: &Stop) -> Result<bool, DbError> {
        let relayed = outbox::relay(&self.db, &self.subscriptions).await?;
        if !self.schedules.is_empty() {
            schedule::tick(&self.db, &self.name).await?;
        }
        let free = self.slots.saturating_sub(running.tasks.len());
        if free == 0 {
            return Ok(false);
        }
        let kinds: Vec<String> = self.kinds.keys().cloned().collect();
        let claimed = claim::claim(self.db.worker_pool(), &self.name, &kinds, free, self.lease).await?;
        let moved = relayed > 0 || !claimed.is_empty();
        for job in claimed {
            self.start(running, job, stop.clone());
        }
        Ok(moved)
    }

    fn start(&self, running: &mut Jobs, job: Claimed, stop: Stop) {
        let Some(kind) = self.kinds.get(&job.kind) else { return };
        let hold = Hold {
            db: self.db.clone(),
            worker: self.name.clone(),
            lease: self.lease,
            max_attempts: kind.max_attempts,
        };
        let cx = JobCx {
            house: self.house.clone(),
            db: self.db.clone(),
            job_id: job.job_id,
            attempt: job.attempts,
            stop,
        };
        let run = Arc::clone(&kind.run);
        running.started += 1;
        running.tasks.spawn(async move { hold.carry(job, cx, run).await });
    }
}

/// The jobs in hand.
#[derive(Default)]
struct Jobs {
    tasks: JoinSet<()>,
    started: usize,
}

impl Jobs {
    /// Waits until one ends; for ever if there is none.
    async fn next_end(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => log_end(ended),
            None => std::future::pending().await,
        }
    }

    async fn finish(&mut self) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            log_end(ended);
        }
    }
}

fn log_end(ended: Result<(Id, ()), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a job's task ended badly");
    }
}

/// Done jobs stay a week, dead ones and told events a quarter.
async fn tidy(db: &Db) -> Result<(), DbError> {
    sqlx::raw_sql(
        "DELETE FROM job WHERE state = 'done' AND finished_at < now() - interval '7 days';
         DELETE FROM job WHERE state = 'dead' AND finished_at < now() - interval '90 days';
         DELETE FROM outbox_event WHERE relayed_at < now() - interval '90 days';",
    )
    .execute(db.worker_pool())
    .await?;
    Ok(())
}
