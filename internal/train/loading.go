package train

import (
	"fmt"
	"time"

	"gotrain/internal/logger"
)

// loading is the time that steps stood still for want of data, of that of the epochs.
type loading struct {
	waited, total         time.Duration
	lastWaited, lastTotal time.Duration // of the last epoch
}

func (w *loading) add(waited, total time.Duration) {
	w.lastWaited, w.lastTotal = waited, total
	w.waited, w.total = w.waited+waited, w.total+total
}

// share is the part of an epoch that was waiting.
func share(waited, total time.Duration) float64 {
	return float64(waited) / float64(max(total, 1))
}

// String says it for the whole run of this process; nothing where nothing was trained.
func (w *loading) String() string {
	if w.total == 0 {
		return ""
	}
	return fmt.Sprintf("waited for data %.1f %% of the training time", 100*share(w.waited, w.total))
}

// logLoading records the share of the epoch just trained. It is a time, and so no column
// of metrics.csv, which is the same for every run of a config.
func (l *fitLoop) logLoading() error {
	r := logger.Record{Step: l.state.Step, Epoch: l.state.Epoch, Time: time.Now()}
	r.Scalars = []logger.Scalar{{Name: "time/data_wait", Value: share(l.loading.lastWaited, l.loading.lastTotal)}}
	return l.logged(l.sinks.Scalars(r))
}
