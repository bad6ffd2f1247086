// Package scheduledb keeps an office's jobs (定期業務) in the office's own database, as the schema "schedule", so that the
// work of an instant and the note that it was done are one transaction. It decides nothing.
//
// The office's transaction embeds [Calendar], which has what [schedule.Scheduler] needs besides the audit log.
package scheduledb
