//! Whole links against each other and against garbage, in virtual time.
