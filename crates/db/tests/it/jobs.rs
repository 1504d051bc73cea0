//! Every job is done, by one worker at a time, whoever dies.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use db::jobs::{
    Event, Job, JobCx, JobQuery, JobResult, StopSwitch, Worker, count_jobs, enqueue, enqueue_at, job_state,
    list_jobs, list_schedules, publish, revive_job, take_lease,
};
use db::test_support::{TestDb, store_access};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What the jobs of these tests write down.
#[derive(Clone, Default)]
struct Diary {
    entries: Arc<Mutex<Vec<u32>>>,
    at_once: Arc<AtomicU32>,
    at_once_max: Arc<AtomicU32>,
}

impl Diary {
    fn entries(&self) -> Vec<u32> {
        let mut entries = self.entries.lock().unwrap().clone();
        entries.sort_unstable();
        entries
    }
}

#[derive(Serialize, Deserialize)]
struct Call {
    customer: u32,
}

impl Job<Diary> for Call {
    const KIND: &'static str = "call";
    const MAX_ATTEMPTS: i32 = 3;

    async fn run(self, cx: JobCx<Diary>) -> JobResult {
        let now = cx.house.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        cx.house.at_once_max.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        cx.house.entries.lock().unwrap().push(self.customer);
        cx.house.at_once.fetch_sub(1, Ordering::SeqCst);
        JobResult::Done
    }
}

async fn ask(house: &TestDb, customer: u32, dedup: Option<&str>) -> Option<i64> {
    let mut tx = house.write(&store_access([1])).await.unwrap();
    let job = enqueue(&mut tx, Call::KIND, &Call { customer }, dedup).await.unwrap();
    tx.commit().await.unwrap();
    job
}

async fn state(house: &TestDb, job: i64) -> (String, Option<String>) {
    job_state(&mut house.system().await.unwrap(), job).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_job_is_done_if_its_transaction_commits() {
    let house = TestDb::new(&[]).await;
    let diary = Diary::default();
    ask(&house, 1, None).await;
    let mut undone = house.write(&store_access([1])).await.unwrap();
    enqueue(&mut undone, Call::KIND, &Call { customer: 2 }, None).await.unwrap();
    drop(undone);
    let worker = Worker::new(house.db(), diary.clone()).job::<Call>();
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    assert_eq!(diary.entries(), [1]);
}

#[tokio::test]
async fn what_waits_already_is_not_asked_for_twice() {
    let house = TestDb::new(&[]).await;
    let diary = Diary::default();
    assert!(ask(&house, 1, Some("customer 1")).await.is_some());
    assert!(ask(&house, 1, Some("customer 1")).await.is_none());
    assert!(ask(&house, 2, Some("customer 2")).await.is_some());
    let worker = Worker::new(house.db(), diary.clone()).job::<Call>();
    worker.run_until_idle().await.unwrap();
    assert!(ask(&house, 1, Some("customer 1")).await.is_some(), "done is done; asked again it runs again");
    worker.run_until_idle().await.unwrap();
    assert_eq!(diary.entries(), [1, 1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_do_each_job_once() {
    let house = TestDb::new(&[]).await;
    let diary = Diary::default();
    for customer in 0..200 {
        ask(&house, customer, None).await;
    }
    let switch = StopSwitch::new();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let worker = Worker::new(house.db(), diary.clone()).job::<Call>().slots(3);
            tokio::spawn(worker.run(switch.watch()))
        })
        .collect();
    for _ in 0..400 {
        if diary.entries().len() >= 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    switch.stop();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    assert_eq!(diary.entries(), (0..200).collect::<Vec<_>>());
    assert!(diary.at_once_max.load(Ordering::SeqCst) > 1, "they work side by side");
    let counts = count_jobs(&mut house.system().await.unwrap()).await.unwrap();
    assert_eq!((counts.done, counts.waiting, counts.running, counts.dead), (200, 0, 0, 0));
}

#[tokio::test]
async fn a_waiting_worker_hears_of_a_new_job_at_once() {
    let house = TestDb::new(&[]).await;
    let diary = Diary::default();
    let switch = StopSwitch::new();
    let worker = Worker::new(house.db(), diary.clone()).job::<Call>();
    let running = tokio::spawn(worker.run(switch.watch()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = std::time::Instant::now();
    ask(&house, 1, None).await;
    while diary.entries().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(asked.elapsed() < Duration::from_millis(1000), "{:?}", asked.elapsed());
    switch.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_failing_job_comes_back_and_in_the_end_lies_dead_until_revived() {
    let house = TestDb::new(&[]).await;
    let job = ask(&house, 1, None).await.unwrap();
    let fail = |cx: JobCx<Diary>, _| async move {
        match cx.attempt {
            1 => panic!("boom"),
            n => JobResult::Retry { after: Some(Duration::ZERO), why: format!("ERP away, attempt {n}") },
        }
    };
    let failing = Worker::new(house.db(), Diary::default()).on("call", 3, fail);
    assert_eq!(failing.run_until_idle().await.unwrap(), 1);
    let (now, why) = state(&house, job).await;
    assert_eq!(now, "waiting");
    assert!(why.unwrap().contains("panicked"));
    let soon = "UPDATE job SET run_at = now()";
    sqlx::query(soon).execute(house.worker_pool()).await.unwrap();
    assert_eq!(failing.run_until_idle().await.unwrap(), 2);
    assert_eq!(
        state(&house, job).await,
        ("dead".into(), Some("after 3 attempts: ERP away, attempt 3".into()))
    );
    let dead = JobQuery { state: Some("dead".into()), limit: 10, ..JobQuery::default() };
    assert_eq!(list_jobs(&mut house.system().await.unwrap(), &dead).await.unwrap().len(), 1);

    let mut tx = house.system().await.unwrap();
    assert!(revive_job(&mut tx, job).await.unwrap());
    tx.commit().await.unwrap();
    let diary = Diary::default();
    Worker::new(house.db(), diary.clone()).job::<Call>().run_until_idle().await.unwrap();
    assert_eq!(diary.entries(), [1]);
    assert_eq!(state(&house, job).await.0, "done");
}

#[tokio::test]
async fn a_job_stopped_at_a_good_place_goes_on_and_the_run_does_not_count() {
    let house = TestDb::new(&[]).await;
    let job = ask(&house, 1, None).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&runs);
    let worker = Worker::new(house.db(), Diary::default()).on("call", 1, move |cx, _| {
        let run = seen.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(cx.attempt, 1);
            if run < 3 { JobResult::Resume } else { JobResult::Done }
        }
    });
    worker.run_until_idle().await.unwrap();
    assert_eq!((runs.load(Ordering::SeqCst), state(&house, job).await.0.as_str()), (4, "done"));
}

#[tokio::test]
async fn the_job_of_a_killed_worker_is_taken_over_when_its_lease_ends() {
    let house = TestDb::new(&[]).await;
    let job = ask(&house, 1, None).await.unwrap();
    let stuck =
        Worker::new(house.db(), Diary::default())
            .lease(Duration::from_millis(400))
            .on("call", 3, |_, _| std::future::pending());
    let killed = tokio::spawn(async move { stuck.run_until_idle().await });
    while state(&house, job).await.0 != "running" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let diary = Diary::default();
    let heir = Worker::new(house.db(), diary.clone()).job::<Call>();
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(heir.run_until_idle().await.unwrap(), 0, "its worker lives and keeps renewing");
    killed.abort();
    let _ = killed.await;
    assert_eq!(heir.run_until_idle().await.unwrap(), 0, "the lease has not ended yet");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(heir.run_until_idle().await.unwrap(), 1);
    assert_eq!(diary.entries(), [1]);
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_lets_go() {
    let house = TestDb::new(&[]).await;
    let job = ask(&house, 1, None).await.unwrap();
    let diary = Diary::default();
    let late = diary.clone();
    let slow = Worker::new(house.db(), diary.clone()).lease(Duration::from_millis(400)).on(
        "call",
        3,
        move |_, _| {
            let late = late.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(1500)).await;
                late.entries.lock().unwrap().push(99);
                JobResult::Done
            }
        },
    );
    let running = tokio::spawn(async move { slow.run_until_idle().await });
    while state(&house, job).await.0 != "running" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stolen = "UPDATE job SET locked_by = 'other', locked_until = now() + interval '1 hour', attempts = 2";
    sqlx::query(stolen).execute(house.worker_pool()).await.unwrap();
    running.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(1600)).await;
    assert_eq!(diary.entries(), [] as [u32; 0], "dropped where it stood");
    assert_eq!(state(&house, job).await.0, "running", "in the other's hands");
}

#[tokio::test]
async fn an_event_becomes_one_job_for_each_subscriber_once() {
    let house = TestDb::new(&[]).await;
    let mut tx = house.write(&store_access([1])).await.unwrap();
    for customer in [1, 2] {
        publish(&mut tx, "identity.merged", 1, &format!("P{customer}"), &json!({ "from": customer }))
            .await
            .unwrap();
    }
    publish(&mut tx, "nobody.listens", 1, "x", &json!({})).await.unwrap();
    tx.commit().await.unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listen = |name: &'static str| {
        let heard = Arc::clone(&heard);
        move |_: JobCx<()>, payload: serde_json::Value| {
            let event: Event = serde_json::from_value(payload).unwrap();
            heard.lock().unwrap().push(format!("{name} {} {}", event.key, event.payload["from"]));
            async { JobResult::Done }
        }
    };
    let worker = Worker::new(house.db(), ())
        .on("search.refresh", 3, listen("search"))
        .on("validity.refresh", 3, listen("validity"))
        .subscribe("identity.merged", "search.refresh")
        .subscribe("identity.merged", "validity.refresh");
    assert_eq!(worker.run_until_idle().await.unwrap(), 4);
    assert_eq!(worker.run_until_idle().await.unwrap(), 0);
    let mut heard = heard.lock().unwrap().clone();
    heard.sort();
    assert_eq!(heard, ["search P1 1", "search P2 2", "validity P1 1", "validity P2 2"]);
}

#[tokio::test]
async fn a_schedule_that_is_due_runs_once_and_what_was_missed_is_made_up_for_once() {
    let house = TestDb::new(&[]).await;
    let diary = Diary::default();
    let make = || {
        Worker::new(house.db(), diary.clone()).job::<Call>().schedule(
            "nightly",
            "0 3 * * *",
            Call::KIND,
            json!({ "customer": 7 }),
        )
    };
    let worker = make();
    assert_eq!(worker.run_until_idle().await.unwrap(), 0, "not yet");
    let missed = "UPDATE schedule SET next_run_at = now() - interval '3 days'";
    sqlx::query(missed).execute(house.worker_pool()).await.unwrap();
    assert_eq!(make().run_until_idle().await.unwrap(), 0, "another looks at the clock");
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    assert_eq!(diary.entries(), [7]);
    let rows = list_schedules(&mut house.system().await.unwrap()).await.unwrap();
    assert!(rows[0].next_run_at > rows[0].last_run_at.unwrap());
}

#[tokio::test]
async fn a_lease_has_one_holder_and_ends_with_him() {
    let house = TestDb::new(&[]).await;
    let pool = house.worker_pool();
    let short = Duration::from_millis(200);
    assert!(take_lease(pool, "clock", "a", short).await.unwrap());
    assert!(take_lease(pool, "clock", "a", short).await.unwrap());
    assert!(!take_lease(pool, "clock", "b", short).await.unwrap());
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert!(take_lease(pool, "clock", "b", short).await.unwrap());
}

#[tokio::test]
async fn a_job_for_later_waits() {
    let house = TestDb::new(&[]).await;
    let diary = Diary::default();
    let mut tx = house.system().await.unwrap();
    let far = "2999-01-01T00:00:00Z".parse().unwrap();
    enqueue_at(&mut tx, Call::KIND, &Call { customer: 1 }, None, far).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(Worker::new(house.db(), diary).job::<Call>().run_until_idle().await.unwrap(), 0);
}
