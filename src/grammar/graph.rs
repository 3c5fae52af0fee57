//! Lowers a command's path to the graph that the matcher walks.
//!
//! Every keyword and argument is a node; joins (empty nodes) carry options, alternatives and loops while the graph
//! is built and are gone from the result.

use super::kind::ArgKind;
use super::syntax::{Command, Mistake, Tok};

/// What walking into a node records besides its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Branch number `.1` of the alternative at slot `.0` starts here.
    Branch(u16, u16),
    /// The optional keywords at slot `.0` are present.
    Flag(u16),
}

/// What a node consumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// A keyword.
    Keyword {
        /// As typed and as `?` lists it.
        word: String,
        /// As the configuration shows it.
        shown: String,
        /// Its help.
        help: String,
    },
    /// An argument.
    Arg {
        /// Its slot.
        slot: u16,
        /// What it accepts.
        kind: ArgKind,
        /// Its help.
        help: String,
    },
    /// Nothing: only while the graph is built.
    Join,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it consumes.
    pub label: Label,
    /// Where the walk may go on.
    pub next: Vec<usize>,
    /// What it records.
    pub marks: Vec<Mark>,
    /// Guard number, from 1: nodes of one guard are entered at most once in a line. 0 for none.
    pub once: u8,
    /// Position of its word in the canonical line.
    pub sort: u16,
    /// A `no` line may stop here.
    pub no_end: bool,
}

/// The end of the command, as a successor.
pub const END: usize = usize::MAX;

/// The graph of one command.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Keywords and arguments.
    pub nodes: Vec<Node>,
    /// Where a line may begin.
    pub start: Vec<usize>,
    /// Each named argument and alternative: its slot, and the first slot that is not inside it.
    pub slots: Vec<(String, u16, u16)>,
}

struct Builder {
    graph: Graph,
    next_slot: u16,
    next_once: u8,
    /// Inside a loop every word has the loop's own position, so that the order typed is kept.
    loop_sort: Option<u16>,
}

impl Builder {
    fn node(&mut self, label: Label) -> usize {
        let here = self.graph.nodes.len();
        let sort = self.loop_sort.unwrap_or(here as u16);
        self.graph.nodes.push(Node {
            label,
            next: Vec::new(),
            marks: Vec::new(),
            once: 0,
            sort,
            no_end: false,
        });
        here
    }

    fn join(&mut self) -> usize {
        self.node(Label::Join)
    }

    fn link(&mut self, from: usize, to: usize) {
        if !self.graph.nodes[from].next.contains(&to) {
            self.graph.nodes[from].next.push(to);
        }
    }

    fn slot(&mut self, name: &str) -> u16 {
        let slot = self.next_slot;
        self.next_slot += 1;
        self.graph.slots.push((name.to_owned(), slot, slot + 1));
        slot
    }

    fn guard(&mut self, heads: &[usize]) -> Result<(), String> {
        self.next_once =
            self.next_once.checked_add(1).filter(|n| *n <= 32).ok_or("too many exclusive parts")?;
        for &h in heads {
            if self.graph.nodes[h].once == 0 {
                self.graph.nodes[h].once = self.next_once;
            }
        }
        Ok(())
    }

    /// The keywords and arguments first met from `from`.
    fn heads(&self, from: usize) -> Vec<usize> {
        let (mut seen, mut out, mut todo) = (vec![from], Vec::new(), vec![from]);
        while let Some(n) = todo.pop() {
            if n != END && self.graph.nodes[n].label != Label::Join {
                out.push(n);
                continue;
            }
            if n == END {
                out.push(END);
                continue;
            }
            for &m in &self.graph.nodes[n].next {
                if !seen.contains(&m) {
                    seen.push(m);
                    todo.push(m);
                }
            }
        }
        out.sort_unstable();
        out
    }

    fn sequence(&mut self, toks: &[Tok], mut from: usize) -> Result<usize, String> {
        for t in toks {
            let to = self.join();
            self.token(t, from, to)?;
            from = to;
        }
        Ok(from)
    }

    fn token(&mut self, t: &Tok, from: usize, to: usize) -> Result<(), String> {
        match t {
            Tok::Keyword { word, help } => {
                let (typed, shown) = word.split_once('~').unwrap_or((word, word));
                let (word, shown) = (typed.to_owned(), shown.to_owned());
                let n = self.node(Label::Keyword { word, shown, help: help.clone() });
                self.link(from, n);
                self.link(n, to);
            }
            Tok::Arg { name, kind, help, many } => {
                let slot = self.slot(name);
                let n = self.node(Label::Arg { slot, kind: *kind, help: help.clone() });
                self.link(from, n);
                self.link(n, to);
                if *many {
                    self.link(n, n);
                }
            }
            Tok::Opt(inner) => self.option(inner, from, to)?,
            Tok::Alt { branches, name, many } => self.alternatives(branches, name, *many, from, to)?,
            Tok::Any(options) => self.any_order(options, from, to)?,
        }
        Ok(())
    }

    fn option(&mut self, inner: &[Tok], from: usize, to: usize) -> Result<(), String> {
        let entry = self.join();
        let flag = keywords_only(inner).map(|w| self.slot(&w));
        let exit = self.sequence(inner, entry)?;
        if let Some(slot) = flag {
            for h in self.heads(entry) {
                self.graph.nodes[h].marks.push(Mark::Flag(slot));
            }
        }
        self.link(from, entry);
        self.link(exit, to);
        self.link(from, to);
        Ok(())
    }

    fn alternatives(
        &mut self,
        branches: &[Vec<Tok>],
        name: &str,
        many: bool,
        from: usize,
        to: usize,
    ) -> Result<(), String> {
        let slot = self.slot(name);
        let listed = self.graph.slots.len() - 1;
        let again = self.join();
        self.link(from, again);
        let outer = self.loop_sort;
        if many && outer.is_none() {
            self.loop_sort = Some(again as u16);
        }
        for (index, branch) in branches.iter().enumerate() {
            if matches!(branch.first(), None | Some(Tok::Opt(_) | Tok::Any(_))) {
                return Err(format!("a branch of ${name} starts with something optional"));
            }
            let entry = self.join();
            let exit = self.sequence(branch, entry)?;
            let heads = self.heads(entry);
            for &h in &heads {
                self.graph.nodes[h].marks.insert(0, Mark::Branch(slot, index as u16));
            }
            if many && keywords_only(branch).is_some() {
                self.guard(&heads)?;
            }
            self.link(again, entry);
            self.link(exit, to);
            if many {
                self.link(exit, again);
            }
        }
        self.loop_sort = outer;
        self.graph.slots[listed].2 = self.next_slot;
        Ok(())
    }

    fn any_order(&mut self, options: &[Vec<Tok>], from: usize, to: usize) -> Result<(), String> {
        let again = self.join();
        self.link(from, again);
        for inner in options {
            let entry = self.join();
            let flag = keywords_only(inner).map(|w| self.slot(&w));
            let exit = self.sequence(inner, entry)?;
            let heads = self.heads(entry);
            if let Some(slot) = flag {
                for &h in &heads {
                    self.graph.nodes[h].marks.push(Mark::Flag(slot));
                }
            }
            self.guard(&heads)?;
            self.link(again, entry);
            self.link(exit, again);
        }
        self.link(again, to);
        Ok(())
    }
}

/// The first word, when a part has keywords only.
pub fn keywords_only(toks: &[Tok]) -> Option<String> {
    let all = toks.iter().all(|t| matches!(t, Tok::Keyword { .. }));
    match toks.first() {
        Some(Tok::Keyword { word, .. }) if all => Some(word.split('~').next().unwrap_or(word).to_owned()),
        _ => None,
    }
}

/// Lowers `command`.
pub fn lower(command: &Command) -> Result<Graph, Mistake> {
    let mut b = Builder { graph: Graph::default(), next_slot: 0, next_once: 0, loop_sort: None };
    let entry = b.join();
    let exit = b.sequence(&command.path, entry).map_err(|message| Mistake {
        at: command.at.clone(),
        message: format!("{}: {message}", command.id),
    })?;
    b.graph.nodes[exit].next.push(END);
    let leading = command.path.iter().take_while(|t| matches!(t, Tok::Keyword { .. })).count();
    Ok(without_joins(&b, entry, leading))
}

fn without_joins(b: &Builder, entry: usize, leading: usize) -> Graph {
    let real: Vec<usize> =
        (0..b.graph.nodes.len()).filter(|&n| b.graph.nodes[n].label != Label::Join).collect();
    let renumber = |n: usize| if n == END { END } else { real.iter().position(|&r| r == n).unwrap_or(END) };
    let follow = |from: &[usize]| {
        let mut out: Vec<usize> = from.iter().flat_map(|&n| b.heads(n)).map(renumber).collect();
        out.sort_unstable();
        out.dedup();
        out
    };
    let nodes = real
        .iter()
        .enumerate()
        .map(|(i, &n)| {
            let node = &b.graph.nodes[n];
            Node { next: follow(&node.next), no_end: i + 1 >= leading, ..node.clone() }
        })
        .collect();
    Graph { nodes, start: follow(&[entry]), slots: b.graph.slots.clone() }
}
