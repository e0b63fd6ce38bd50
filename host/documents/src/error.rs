//! Why a paper could not be made.

/// Why a paper could not be made. None of these is the caller's to mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The fonts in the binary are damaged.
    #[error("the embedded font cannot be read")]
    Font,
    /// More than a paper may have.
    #[error("the paper has more than {limit} pages")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// The PDF library refuses.
    #[error("the PDF cannot be written: {what}")]
    Pdf {
        /// What it says.
        what: String,
    },
}
