//! Union-find over positions.

/// Disjoint sets of `0..n`.
#[derive(Debug, Clone)]
pub(crate) struct Union {
    parent: Vec<u32>,
}

impl Union {
    pub(crate) fn new(n: usize) -> Self {
        Union { parent: (0..n as u32).collect() }
    }

    pub(crate) fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let up = self.parent[at as usize];
            self.parent[at as usize] = self.parent[up as usize];
            at = up;
        }
        at
    }

    /// Joins two sets; the smaller root wins, so that roots do not depend on the order of joins.
    pub(crate) fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return false;
        }
        self.parent[a.max(b) as usize] = a.min(b);
        true
    }
}
