package config

import "slices"

// Keys gives the keys of each section that has a fixed set, by its path; "" is the top.
// What is not built yet is left out.
func Keys() map[string][]string {
	trainer := append([]string{}, trainerExtra...)
	for _, f := range TrainerFlags {
		if !f.Later {
			trainer = append(trainer, f.Name)
		}
	}
	return map[string][]string{
		"": topKeys, "data": dataKeys, "vars.*": varKeys, "checkpoint": checkpointKeys, "checkpoint.init_from": initFromKeys, "trainer": trainer, "trainer.early_stop": earlyStopKeys,
	}
}

// Later gives what the language has and this version has not: keys of data, and flags.
func Later() (dataKeys, flags []string) {
	for _, f := range TrainerFlags {
		if f.Later {
			flags = append(flags, f.Name)
		}
	}
	return slices.Clone(dataLater), flags
}

// UnitWords gives the words that may follow a number, by what they count.
func UnitWords() map[Unit][]string {
	out := map[Unit][]string{}
	for word, s := range units {
		out[s.Unit] = append(out[s.Unit], word)
	}
	for _, words := range out {
		slices.Sort(words)
	}
	return out
}
