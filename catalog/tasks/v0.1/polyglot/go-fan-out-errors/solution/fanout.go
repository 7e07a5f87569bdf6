// Package fanout runs jobs side by side.
package fanout

import (
	"context"
	"sync"
)

// Job is one piece of work; it should end soon after its context does.
type Job func(ctx context.Context) error

// All runs jobs, at most limit at a time, and returns the first failure. A limit below 1 counts as 1.
func All(ctx context.Context, limit int, jobs []Job) error {
	if limit < 1 {
		limit = 1
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		running sync.WaitGroup
		once    sync.Once
		first   error
	)
	fail := func(err error) {
		once.Do(func() {
			first = err
			cancel()
		})
	}
	slots := make(chan struct{}, limit)
	for _, job := range jobs {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			fail(ctx.Err())
			break
		}
		running.Add(1)
		go func(job Job) {
			defer running.Done()
			if err := job(ctx); err != nil {
				fail(err)
			}
			<-slots
		}(job)
	}
	running.Wait()
	return first
}
