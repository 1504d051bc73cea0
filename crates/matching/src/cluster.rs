//! Greedy clustering: edges best first, each joining two clusters unless a guard refuses.
//!
//! A cluster is a function of one raw component (records tied by strong edges, guards ignored), which is why a
//! single changed record needs only its component recomputed and still gives what a full run would give.

use rustc_hash::FxHashMap;

use crate::guard::Guard;

/// An edge between members `0..n` of one component, already in order of precedence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tie {
    pub a: u32,
    pub b: u32,
    /// Joined whatever the guards say, except an explicit cannot-link.
    pub must: bool,
}

/// What became of each tie of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Joined,
    Redundant,
    Refused(Guard),
}

/// Clusters of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clustering {
    /// Smallest member of the cluster of each member.
    pub label: Vec<u32>,
    /// One verdict a tie.
    pub verdicts: Vec<Verdict>,
}

/// Clusters `n` members. `cannot` lists forbidden pairs; `refuse` is asked with the members of both clusters and the
/// index of the tie.
pub(crate) fn greedy(
    n: usize,
    ties: &[Tie],
    cannot: &[(u32, u32)],
    mut refuse: impl FnMut(&[u32], &[u32], usize) -> Option<Guard>,
) -> Clustering {
    let forbidden = forbidden_by_member(cannot);
    let mut home: Vec<u32> = (0..n as u32).collect();
    let mut members: Vec<Vec<u32>> = (0..n as u32).map(|member| vec![member]).collect();
    let mut verdicts = Vec::with_capacity(ties.len());
    for (at, tie) in ties.iter().enumerate() {
        let (left, right) = (home[tie.a as usize], home[tie.b as usize]);
        if left == right {
            verdicts.push(Verdict::Redundant);
            continue;
        }
        let (l, r) = (&members[left as usize], &members[right as usize]);
        let guard = if crosses(&forbidden, l, r, &home) {
            Some(Guard::CannotLink)
        } else if tie.must {
            None
        } else {
            refuse(l, r, at)
        };
        if let Some(guard) = guard {
            verdicts.push(Verdict::Refused(guard));
            continue;
        }
        let (into, from) = if l.len() >= r.len() { (left, right) } else { (right, left) };
        let moved = std::mem::take(&mut members[from as usize]);
        for &member in &moved {
            home[member as usize] = into;
        }
        members[into as usize].extend(moved);
        verdicts.push(Verdict::Joined);
    }
    forget_moot_refusals(ties, &home, &mut verdicts);
    Clustering { label: labels(&home, n), verdicts }
}

fn forbidden_by_member(cannot: &[(u32, u32)]) -> FxHashMap<u32, Vec<u32>> {
    let mut all: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for &(a, b) in cannot {
        all.entry(a).or_default().push(b);
        all.entry(b).or_default().push(a);
    }
    all
}

fn crosses(forbidden: &FxHashMap<u32, Vec<u32>>, left: &[u32], right: &[u32], home: &[u32]) -> bool {
    if forbidden.is_empty() {
        return false;
    }
    let (few, other) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let target = home[other[0] as usize];
    few.iter().any(|member| {
        forbidden.get(member).is_some_and(|foes| foes.iter().any(|&foe| home[foe as usize] == target))
    })
}

/// A refused edge whose records came together by another way says nothing any more.
fn forget_moot_refusals(ties: &[Tie], home: &[u32], verdicts: &mut [Verdict]) {
    for (tie, verdict) in ties.iter().zip(verdicts) {
        if matches!(verdict, Verdict::Refused(_)) && home[tie.a as usize] == home[tie.b as usize] {
            *verdict = Verdict::Redundant;
        }
    }
}

fn labels(home: &[u32], n: usize) -> Vec<u32> {
    let mut first = vec![u32::MAX; n];
    for (member, &house) in home.iter().enumerate() {
        let slot = &mut first[house as usize];
        *slot = (*slot).min(member as u32);
    }
    home.iter().map(|&house| first[house as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tie(a: u32, b: u32) -> Tie {
        Tie { a, b, must: false }
    }

    #[test]
    fn best_edge_first_and_the_guard_sees_whole_clusters() {
        // 0 and 3 must not meet; the weaker edge 2-3 would bring them together through 0-1-2.
        let ties = [tie(0, 1), tie(1, 2), tie(2, 3)];
        let out = greedy(4, &ties, &[], |left, right, _| {
            let all: Vec<u32> = left.iter().chain(right).copied().collect();
            (all.contains(&0) && all.contains(&3)).then_some(Guard::TwoIds)
        });
        assert_eq!(out.label, [0, 0, 0, 3]);
        assert_eq!(out.verdicts[2], Verdict::Refused(Guard::TwoIds));
    }

    #[test]
    fn a_cannot_link_outranks_everything_and_a_must_link_outranks_guards() {
        let ties = [Tie { a: 0, b: 1, must: true }, tie(1, 2), tie(0, 2)];
        let out = greedy(3, &ties, &[(0, 2)], |_, _, _| Some(Guard::Names));
        assert_eq!(out.label, [0, 0, 2]);
        assert_eq!(out.verdicts[1], Verdict::Refused(Guard::CannotLink));
        let open = greedy(3, &ties[..1], &[], |_, _, _| Some(Guard::Names));
        assert_eq!(open.label, [0, 0, 2]);
    }

    #[test]
    fn a_refusal_that_became_moot_is_forgotten() {
        let ties = [tie(0, 1), tie(1, 2), tie(0, 2)];
        let mut asked = 0;
        let out = greedy(3, &ties, &[], |_, _, _| {
            asked += 1;
            (asked == 1).then_some(Guard::Names)
        });
        assert_eq!(out.label, [0, 0, 0]);
        assert_eq!(out.verdicts, [Verdict::Redundant, Verdict::Joined, Verdict::Joined]);
    }
}
