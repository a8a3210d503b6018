import { strategyOn } from './strategy.ts'

export const courseCompleted = strategyOn('course-completed', {
  id: 'courseCompleted',
  name: 'Course completed',
  description: "A customer completes a collaborator's course.",
})
