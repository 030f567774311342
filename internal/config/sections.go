package config

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
		"": topKeys, "data": dataKeys, "vars.*": varKeys, "checkpoint": checkpointKeys, "trainer": trainer, "trainer.early_stop": earlyStopKeys,
	}
}
