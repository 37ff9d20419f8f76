"""The ledger: what must outlive a process. Answers, feedback, and questions still to be answered."""
