"""What every room of infra/ stands on: types of settings, names, alarms."""
