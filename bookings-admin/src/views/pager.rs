//! Paging by cursors: no page numbers, no totals that cost a scan.

/// Links around a page of a list.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// "50 shown", "1,000+".
    pub count: String,
    /// Address of the page before, if any.
    pub previous: Option<String>,
    /// Address of the page after, if any.
    pub next: Option<String>,
    /// Sizes offered, as links; the current one is marked.
    pub sizes: Vec<PageSize>,
}

/// One offered page size.
#[derive(Clone, Debug)]
pub struct PageSize {
    /// Rows a page.
    pub rows: u32,
    /// Address of the list at this size.
    pub href: String,
    /// Whether the page has this size.
    pub current: bool,
}
