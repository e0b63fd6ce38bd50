//! Calls as they were recorded: pages of them, and one by its id.

use dispatch_contract::question::Question;
use dispatch_contract::reading::RecordedFilter;
use dispatch_contract::{DecisionId, Tool, Verdict};

use crate::scene::{Scene, pack};

impl Scene {
    /// The verdict that was recorded for each question.
    pub(crate) async fn recorded(&self) -> Vec<(Question, Verdict)> {
        let filter = RecordedFilter {
            limit: 100,
            ..RecordedFilter::default()
        };
        let recorded = self.ledger.recorded(&filter).await.expect("readable");
        recorded
            .into_iter()
            .map(|record| {
                let question = serde_json::from_str(&record.question).expect("a question");
                let verdict = serde_json::from_str(&record.verdict).expect("a verdict");
                (question, verdict)
            })
            .collect()
    }
}

/// What was recorded for this question.
pub(crate) fn verdict_on(recorded: &[(Question, Verdict)], question: &Question) -> Verdict {
    let known = recorded.iter().find(|(asked, _)| asked == question);
    known.expect("recorded").1.clone()
}

#[tokio::test]
async fn recorded_calls_are_paged_by_tool_and_since_when() {
    let scene = Scene::new().await;
    let mut wanted = Vec::new();
    for _ in 0..5 {
        scene.ticket().await;
    }
    let filter = RecordedFilter {
        limit: 2,
        ..RecordedFilter::default()
    };
    let mut before = None;
    loop {
        let page = scene
            .ledger
            .recorded(&RecordedFilter { before, ..filter })
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        before = Some(last.decision_id);
        wanted.extend(page);
    }
    assert_eq!(wanted.len(), 5);
    assert!(wanted.is_sorted_by(|one, next| one.decision_id > next.decision_id));
    assert_eq!(wanted[0].pack_digest, pack().digest);

    let decision = |n: usize| scene.ledger.decision(wanted[n].decision_id);
    let newest = decision(0).await.unwrap().expect("it is there");
    let question: Question = serde_json::from_str(&wanted[0].question).unwrap();
    assert_eq!(newest.question, Some(question));
    // ids of one millisecond are in no order of time
    let mut times = Vec::new();
    for at in 0..wanted.len() {
        let record = decision(at).await.unwrap().expect("it is there");
        times.push(record.decision.decided_at);
    }
    let third = times[2];
    let not_before = times.iter().filter(|at| **at >= third).count();
    let count = async |filter: RecordedFilter| scene.ledger.recorded(&filter).await.unwrap().len();
    let all = RecordedFilter {
        limit: 100,
        ..filter
    };
    let since = Some(third);
    assert_eq!(count(RecordedFilter { since, ..all }).await, not_before);
    let tool = |tool| RecordedFilter {
        tool: Some(tool),
        ..all
    };
    assert_eq!(count(tool(Tool::TicketCreate)).await, 5);
    assert_eq!(count(tool(Tool::DispatchSetEta)).await, 0);
    let unknown = DecisionId(ulid::Ulid::generate());
    assert_eq!(scene.ledger.decision(unknown).await.unwrap(), None);
}
