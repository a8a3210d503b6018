import { strategyOn } from './strategy.ts'

export const formSubmitted = strategyOn('form-submitted', {
  id: 'formSubmitted',
  name: 'Form submitted',
  description: "A visitor submits a collaborator's form.",
})
