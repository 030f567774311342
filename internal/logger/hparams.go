package logger

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// TensorBoard's HPARAMS page lists the runs that have told their settings, each with the
// last value of every scalar. It takes what a tag holds first and looks at no later value,
// whence three choices. The end is written where a run is done, and not where it was
// stopped, since it may go on: its status is unknown until then. A run that goes on under
// other settings is listed under its first. And there is no summary of the experiment:
// TensorBoard would take one run's for that of all and hide the settings that only the
// others have, while without one it finds the settings and metrics of all, and which of them
// differ.
const (
	settingsTag = "_hparams_/session_start_info"
	doneTag     = "_hparams_/session_end_info"
)

// Setting is what a run was made with, under the name of the flag that sets it.
type Setting struct {
	Name  string
	Value any // float64, int64, bool or string
}

// settingsData is HParamsPluginData: session_start_info=3 {hparams=1, a map; start_time_secs=5}.
func settingsData(at time.Time, settings []Setting) []byte {
	var info []byte
	for _, s := range settings {
		info = bytesField(info, 1, bytesField(textField(nil, 1, s.Name), 2, settingValue(s.Value)))
	}
	return bytesField(nil, 3, doubleField(info, 5, seconds(at)))
}

// settingValue is google.protobuf.Value: number_value=2, string_value=3, bool_value=4.
func settingValue(v any) []byte {
	switch x := v.(type) {
	case float64:
		return doubleField(nil, 2, x)
	case int64:
		return doubleField(nil, 2, float64(x))
	case bool:
		return intField(nil, 4, protowire.EncodeBool(x))
	}
	return textField(nil, 3, fmt.Sprint(v))
}

// doneData is HParamsPluginData: session_end_info=4 {status=1: SUCCESS, end_time_secs=2}.
func doneData(at time.Time) []byte {
	return bytesField(nil, 4, doubleField(intField(nil, 1, 1), 2, seconds(at)))
}

// emptyTensor is a TensorProto of no floats: dtype=1, shape=2 {dim=2 {size=1: 0}}.
func emptyTensor() []byte {
	return bytesField(intField(nil, 1, floatType), 2, bytesField(nil, 2, nil))
}

// hparams writes what is of the run and of no step: at 0, which no restart drops.
func (t *TensorBoard) hparams(tag string, content []byte) error {
	return t.write(summaryEvent(t.now(), 0, summaryValue(tag, "hparams", content, tensorClass, emptyTensor())))
}

// Settings implements Sink.
func (t *TensorBoard) Settings(settings []Setting) error {
	return t.hparams(settingsTag, settingsData(t.now(), settings))
}

// Done implements Sink.
func (t *TensorBoard) Done() error { return t.hparams(doneTag, doneData(t.now())) }
